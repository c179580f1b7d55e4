/** A list of 20 pages from a server that takes 50 ms for each, read by a consumer that takes 50 ms for each: with the next page asked for ahead, and without. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Orbiter } from '@orkit/sdk/orbiter'
import { line, ratioOfPairs, type Line } from '../lines.js'

const PAGES = 20
const MS = 50
const PAIRS = 5

export async function prefetch(): Promise<Line> {
  const server = createServer(async (request, response) => {
    const page = Number(new URL(request.url!, 'http://localhost').searchParams.get('cursor') ?? 0)
    await sleep(MS)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data: [{ id: `a${page}` }], pagination: { next_cursor: page + 1 < PAGES ? String(page + 1) : null, has_more: page + 1 < PAGES, total: PAGES } }))
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const orbiter = new Orbiter({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, headers: { cookie: 'orbiter_session=bench' }, rateLimit: false })
  const read = async (ahead: boolean): Promise<number> => {
    const start = performance.now()
    let pages = 0
    for await (const _ of orbiter.agents.list({}, { prefetch: ahead }).pages()) {
      pages++
      await sleep(MS)
    }
    if (pages !== PAGES) throw new Error(`${pages} of ${PAGES} pages came`)
    return performance.now() - start
  }
  await read(true)
  const value = await ratioOfPairs(() => read(false), () => read(true), PAIRS)
  server.close()
  server.closeAllConnections()
  return line('list of 20 pages, prefetch', value, { atLeast: 1.6 }, 'x', 'the same list without it', PAIRS)
}
