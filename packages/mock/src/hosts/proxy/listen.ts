import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Clock } from '../../world/clock.js'
import { toMockRequest } from '../node.js'
import { write } from '../node-write.js'
import type { ContractProxy } from './proxy.js'

/** The proxy on a port. WebSockets are not proxied: they are answered 501. */
export async function listenProxy(proxy: ContractProxy, { port = 0, host = '127.0.0.1' }: { port?: number; host?: string } = {}) {
  const server = createServer()
  const clock = new Clock()
  server.on('request', (request, response) => {
    proxy.respond(toMockRequest(request)).then((reply) => write(request, response, reply, clock)).catch((error: Error) => {
      if (response.headersSent) response.destroy()
      else response.writeHead(502, { 'content-type': 'application/json' }).end(JSON.stringify({ error: error.message }))
    })
  })
  server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 501 Not Implemented\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const bound = (server.address() as AddressInfo).port
  return {
    port: bound,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close: () => new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}
