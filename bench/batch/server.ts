/** Takes documents as FlexOrch does, as fast as it can; with a limit, it counts what it refused. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const [limit, seconds] = process.argv.slice(2).map(Number) as [number | undefined, number | undefined]
const times: number[] = []
let [taken, refused, first, last] = [0, 0, 0, 0]

const server = createServer((request, response) => {
  const answer = (status: number, body: object, headers = {}) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  if (request.method !== 'POST') {
    if (request.url!.endsWith('/usage/rate-limits')) {
      return answer(200, { data: limit === undefined ? { unlimited: true } : { unlimited: false, limit, remaining: limit, used: 0, window_seconds: seconds, reset_in_seconds: seconds } })
    }
    return answer(404, { error: { code: 'NOT_FOUND', message: request.url } })
  }
  const now = performance.now()
  if (limit !== undefined) {
    while (times.length > 0 && times[0]! <= now - seconds! * 1_000) times.shift()
    if (times.length >= limit) {
      refused++
      request.resume()
      return answer(429, { error: { code: 'RATE_LIMIT_EXCEEDED', message: 'slow down' } }, { 'retry-after': '1' })
    }
    times.push(now)
  }
  request.on('end', () => {
    taken++
    first ||= now
    last = performance.now()
    answer(202, { data: { accepted: 1, rejected: [], jobs: [{ filename: 'f', job_id: taken, status: 'queued' }] } })
  })
  request.resume()
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as AddressInfo).port }))
process.on('message', () => {
  process.send!({ taken, refused, ms: last - first })
  taken = refused = first = last = 0
})
process.on('disconnect', () => process.exit(0))
