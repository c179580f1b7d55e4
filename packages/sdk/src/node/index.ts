/** What only Node can do: files, a faster transport, sockets with headers. */
export { diagnostics, type DiagnosticsMessage } from './diagnostics.js'
export { fileFromPath } from './file.js'
export { resumeToFile, type ResumeOptions } from './resume.js'
export { toFile } from './save.js'
export { nodeTransport, type NodeTransport, type NodeTransportOptions } from './transport.js'
export { nodeWebSocket } from './web-socket.js'
export { nodeWebhookHandler } from './webhook-handler.js'
export { constructEventSync } from './webhooks.js'
