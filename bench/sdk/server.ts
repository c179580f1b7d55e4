/** The peer on the other side of the loopback: a child process, so that its CPU time is not the client's. */
import { createServer } from 'node:http'

const json = Buffer.from(JSON.stringify({ success: true, data: { id: 'agent_1', name: 'Sales Assistant', description: 'x'.repeat(150), model: 'default', created: 1_763_791_425 } }))
/** A plan that nobody uses up: the limiter is on, reads the headers and has room. */
const limits = { 'x-ratelimit-limit': '1000000', 'x-ratelimit-remaining': '999999', 'x-ratelimit-reset': '60' }
const headers = { 'content-type': 'application/json', 'content-length': json.length, 'x-request-id': 'req_1', ...limits }

const server = createServer((request, response) => {
  // Uploads are counted away; nothing of them is kept.
  if (request.method === 'POST') {
    request.resume()
    request.once('end', () => response.writeHead(200, headers).end(json))
  } else response.writeHead(200, headers).end(json)
})
server.requestTimeout = 0
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send!(typeof address === 'object' && address !== null ? address.port : 0)
})
process.once('disconnect', () => process.exit())
