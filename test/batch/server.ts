import { createMock } from '@orkit/mock'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Faults } from './faults.js'
import { entriesOf, uploads, type Entry, type SystemUnderTest } from './ledger.js'

/**
 * The reference server as a process that can be killed: it takes its time, goes on working when a client has died, and has state and ledger
 * on disk before it answers. What is in the ledger is what it really took.
 */
export interface ServerConfig {
  readonly system: SystemUnderTest
  readonly port: number
  readonly state: string
  readonly workMs: number
  readonly jobMs: number
  readonly faults: number
  readonly seed: number
}

const config = JSON.parse(process.argv[2]!) as ServerConfig
const mock = createMock({ systems: [config.system], rateLimits: 'off', jobDuration: config.jobMs, seed: 'soak' })
const ledger: Entry[] = []
const faults = new Faults(config.faults, config.seed)
/** `files`: how many were carried; a request whose body did not come in whole counts for one. `shared`: requests with several. */
const counts = { uploads: 0, files: 0, shared: 0, lists: 0, reads: 0 }

const stored = read(config.state)
if (stored !== undefined) {
  const kept = JSON.parse(stored) as { snapshot: Parameters<typeof mock.restore>[0]; ledger: Entry[] }
  await mock.restore(kept.snapshot)
  ledger.push(...kept.ledger)
}

const server = createServer((request, response) => void answer(request, response).catch((error: unknown) => {
  // The client died in the middle of its body: nothing was taken.
  if (!request.complete) return
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  response.destroy()
}))
server.keepAliveTimeout = 60_000
server.listen(config.port, '127.0.0.1', async () => {
  process.send!({ ready: (server.address() as { port: number }).port, credentials: await mock.credentials(config.system), base: new URL(mock.baseUrl(config.system)).pathname, accepted: ledger.length })
})
process.on('message', (asked: string) => {
  if (asked === 'ledger') process.send!({ ledger, counts, faults: faults.counts })
})
process.on('disconnect', () => process.exit(0))

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url!
  const upload = request.method === 'POST' && uploads[config.system].test(path.split('?')[0]!)
  const fault = upload ? faults.next() : undefined
  if (upload) {
    counts.uploads++
    counts.files++
  }
  else counts[/\?|s$/.test(path) ? 'lists' : 'reads']++
  if (fault === 'reset-before') return void request.socket.destroy()
  if (fault === '429') {
    request.resume()
    return send(response, 429, JSON.stringify({ error: { code: 'RATE_LIMIT_EXCEEDED', message: 'slow down' } }), { 'retry-after': '1' })
  }
  const chunks: Buffer[] = []
  for await (const chunk of request) {
    chunks.push(chunk as Buffer)
    if (fault === 'reset-during') return void request.socket.destroy()
  }
  const body = Buffer.concat(chunks)
  const carried = upload ? body.toString('latin1').split('; filename="').length - 1 : 0
  if (carried > 1) {
    counts.shared++
    counts.files += carried - 1
  }
  if (fault === 'reset-after-body') return void request.socket.destroy()
  if (fault === '500') return send(response, 500, JSON.stringify({ error: { code: 'INTERNAL_ERROR', message: 'oops' } }))
  if (upload) await new Promise((resolve) => setTimeout(resolve, fault === 'slow' ? config.workMs * 3 : config.workMs))
  const reply = await mock.fetch(`http://127.0.0.1:${config.port}${path}`, { method: request.method!, headers: headersOf(request), ...(body.length > 0 ? { body } : {}) })
  const text = await reply.text()
  if (upload && reply.ok) {
    ledger.push(...entriesOf(config.system, JSON.parse(text), body))
    process.send!({ accepted: ledger.length })
  }
  if (request.method !== 'GET') await commit()
  if (fault === 'reset-after-work') return void request.socket.destroy()
  if (fault === '500-after-work') return send(response, 500, JSON.stringify({ error: { code: 'INTERNAL_ERROR', message: 'oops' } }))
  const headers = Object.fromEntries([...reply.headers].filter(([name]) => !/^(content-length|transfer-encoding|connection|set-cookie)$/.test(name)))
  send(response, reply.status, text, { ...headers, ...(reply.headers.getSetCookie().length > 0 ? { 'set-cookie': reply.headers.getSetCookie() } : {}) })
}

let committing: Promise<void> | undefined
let next: Promise<void> | undefined

/** State and ledger together, in one file that is whole at any moment; who comes while one is written shares the next. */
function commit(): Promise<void> {
  next ??= (committing ?? Promise.resolve()).then(async () => {
    committing = next
    next = undefined
    const snapshot = await mock.snapshot()
    writeFileSync(`${config.state}.tmp`, JSON.stringify({ snapshot, ledger }))
    renameSync(`${config.state}.tmp`, config.state)
    // Those who come at once join the next.
    await new Promise((resolve) => setTimeout(resolve, 25))
  })
  return next
}

function send(response: ServerResponse, status: number, body: string, headers: Record<string, string | string[]> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(status === 204 ? undefined : body)
}

function headersOf(request: IncomingMessage): Record<string, string> {
  const { connection: _, 'transfer-encoding': __, ...rest } = request.headers
  return Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value)]))
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
