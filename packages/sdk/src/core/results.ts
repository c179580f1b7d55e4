/** What methods return and take. */
export { ApiPromise, type WithResponse } from './api-promise.js'
export { Page, PagePromise, type Position } from './pagination.js'
export { EventStream, type FinalMessage } from './event-stream.js'
export { StreamPromise } from './stream-promise.js'
export { SocketStream } from './socket.js'
export { WaitablePromise, type WaitOptions, type WaitProgress } from './wait.js'
export { Download } from './download.js'
export type { ClientOptions, RequestOptions, Secret } from './options.js'
