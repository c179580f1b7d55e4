import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toMockRequest } from '../node.js'
import { write } from '../node-write.js'
import type { ContractProxy } from './proxy.js'
import { socketProxy } from './socket.js'

/** The proxy on a port. */
export async function listenProxy(proxy: ContractProxy, { port = 0, host = '127.0.0.1' }: { port?: number; host?: string } = {}) {
  const server = createServer()
  server.on('request', (request, response) => {
    proxy.respond(toMockRequest(request)).then((reply) => write(request, response, reply)).catch((error: Error) => {
      if (response.headersSent) response.destroy()
      else response.writeHead(502, { 'content-type': 'application/json' }).end(JSON.stringify({ error: error.message }))
    })
  })
  const sockets = socketProxy(proxy)
  server.on('upgrade', sockets.upgrade)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const bound = (server.address() as AddressInfo).port
  return {
    port: bound,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () => new Promise<void>((resolve) => {
      sockets.close()
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}
