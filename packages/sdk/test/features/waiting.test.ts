import { afterEach, describe, expect, it } from 'vitest'
import { createMock, type Mock, type MockOptions } from '../../../mock/src/index.js'
import { json, rejection, serve, type TestServer } from '../fixture/server.js'
import type { Operation, SystemProfile } from '../../src/core/operation.js'
import type { ApiClient } from '../../src/core/client.js'
import type { WaitablePromise, WaitProgress } from '../../src/core/results.js'
import { nodeWebSocket } from '../../src/node/web-socket.js'
import { FlexOrch } from '../../src/systems/flexorch/index.js'
import { Klarefi } from '../../src/systems/klarefi/index.js'
import { Orbiter } from '../../src/systems/orbiter/index.js'
import { Orca } from '../../src/systems/orca/index.js'
import { Orckai } from '../../src/systems/orckai/index.js'

let mock: Mock | undefined
let server: TestServer | undefined
afterEach(async () => {
  await mock?.close()
  await server?.close()
  mock = server = undefined
})
const start = async (options: MockOptions) => {
  mock = createMock(options)
  return { mock, url: (await mock.listen()).url }
}
const polls = (of: Mock, operationId: string) => of.journal.entries({ operationId }).length

/** A body that has `value` at a pointer. */
const put = (pointer: string, value: unknown): unknown => pointer === '' ? value : pointer.slice(1).split('/').reduceRight<unknown>((inner, name) => (name === '*' ? [inner] : { [name]: inner }), value)
const names = (path: string) => Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name!, `p-${name}`]))

const signedIn = { apiKey: 'dfx_x', token: 'token-x', ciKey: 'x', deploymentKey: 'x' }
const clients: Record<string, (baseUrl: string) => ApiClient> = {
  orca: (baseUrl) => new Orca({ ...signedIn, baseUrl }),
  orckai: (baseUrl) => new Orckai({ apiKey: 'oak_x', baseUrl }),
  flexorch: (baseUrl) => new FlexOrch({ apiKey: 'dfx_x', baseUrl }),
  klarefi: (baseUrl) => new Klarefi({ apiKey: 'sk_test_x', baseUrl }),
  orbiter: (baseUrl) => new Orbiter({ ciKey: 'x', deploymentKey: 'x', headers: { cookie: 'session=x' }, baseUrl }),
}
const rows = Object.entries(clients).flatMap(([system, make]) => Object.values(make('http://127.0.0.1').operations).filter((op) => op.wait !== undefined).map((op): [string, string, Operation] => [system, op.id, op]))

describe('everything long-running', () => {
  it('is known to be eleven operations or more', () => expect(rows.length).toBeGreaterThan(10))

  it.each(rows)('%s %s is waited for to its success and to its failure', async (system, id, op) => {
    const wait = op.wait!
    const several = wait.id.includes('*')
    for (const outcome of [wait.success[0]!, ...wait.failure.slice(0, 1)]) {
      let polled = 0
      server = await serve((_, response) => {
        const { profile } = client as { profile: SystemProfile }
        const wrap = (body: unknown, of: Operation) => put(of.payload ?? profile.payload, body)
        const own = wait.poll === op.id
        const state = own ? (polled++ > 0) : polled++ > 1
        if (own) return json(response, state ? 200 : 202, wrap({ ...put(wait.id, 'job-1') as object, ...put(wait.status, state) as object }, op))
        if (polled === 1) return json(response, 200, wrap(put(wait.id, 'job-1'), op))
        const poll = client.operations[wait.poll]!
        json(response, 200, wrap({ ...put(wait.status, polled > 3 ? outcome : 'running') as object, ...(wait.reason === undefined ? {} : put(wait.reason, 'because') as object) }, poll))
      })
      const client = clients[system]!(server.url)
      const promise = client.request<WaitablePromise<unknown, unknown>>(id, { path: names(op.path), params: {} })
      const progress: WaitProgress[] = []
      const done = promise.wait({ interval: 1, onProgress: (each) => progress.push(each) })
      if (wait.failure.includes(outcome)) expect(await rejection(done)).toMatchObject({ kind: 'JobFailedError', status: outcome, ...(wait.reason === undefined ? {} : { reason: 'because' }) })
      else expect(Array.isArray(await done)).toBe(several)
      expect(progress.length).toBeGreaterThan(1)
      const asked = server.seen.at(-1)!
      expect(asked.url).toContain(wait.poll === op.id ? 'p-doc_id' : 'job-1')
      await server.close()
    }
    server = undefined
  })
})

describe('on the reference server', () => {
  it('ORCA: a job is followed by its socket and read once at its end', async () => {
    const { mock, url } = await start({ systems: ['orca'], jobDuration: 400, rateLimits: 'off' })
    const orca = new Orca({ ...await mock.credentials('orca'), baseUrl: `${url}/orca/api/v1`, webSocket: nodeWebSocket() })
    const job = await createJob(orca)
    const seen: WaitProgress[] = []
    const result = await orca.jobs.start(job).wait({ onProgress: (each) => seen.push(each) })
    expect(result).toMatchObject({ job_id: job, status: expect.stringMatching(/^complete/) })
    expect(polls(mock, 'jobs.get')).toBe(1)
    expect(polls(mock, 'jobs.watch')).toBe(1)
    const percents = seen.map(({ progress }) => progress ?? 0)
    expect(percents).toEqual(percents.toSorted((a, b) => a - b))
    expect(seen.length).toBeGreaterThan(2)
  })

  it('ORCA: without a socket it is polled', async () => {
    const { mock, url } = await start({ systems: ['orca'], jobDuration: 150, rateLimits: 'off' })
    const orca = new Orca({ ...await mock.credentials('orca'), baseUrl: `${url}/orca/api/v1`, webSocket: () => { throw new Error('no sockets here') } })
    const job = await createJob(orca)
    expect(await orca.jobs.start(job).wait({ interval: 30 })).toMatchObject({ job_id: job })
    expect(polls(mock, 'jobs.get')).toBeGreaterThan(1)
  })

  it('ORCA: the ten minutes after which the socket is closed are crossed', async () => {
    const { mock, url } = await start({ systems: ['orca'], jobDuration: 25 * 60_000, clock: 'virtual', rateLimits: 'off' })
    const clock = { now: () => mock.clock.now(), sleep: async () => new Promise<void>((resolve) => setTimeout(resolve, 5)) }
    const orca = new Orca({ ...await mock.credentials('orca'), baseUrl: `${url}/orca/api/v1`, webSocket: nodeWebSocket(), clock })
    const job = await createJob(orca)
    const seen: number[] = []
    const done = orca.jobs.start(job).wait({ timeout: 3_600_000, onProgress: ({ progress }) => void seen.push(progress ?? 0) })
    let over = false
    void done.finally(() => { over = true }).catch(() => undefined)
    while (!over) {
      await mock.advance(20_000)
      await new Promise((resolve) => setTimeout(resolve, 4))
    }
    expect(await done).toMatchObject({ job_id: job })
    expect(polls(mock, 'jobs.watch')).toBeGreaterThanOrEqual(3)
    expect(polls(mock, 'jobs.get')).toBe(1)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  })

  it('ORCA: an abort and a time-out end the listening', async () => {
    const { mock, url } = await start({ systems: ['orca'], jobDuration: 'manual', rateLimits: 'off' })
    const orca = new Orca({ ...await mock.credentials('orca'), baseUrl: `${url}/orca/api/v1`, webSocket: nodeWebSocket() })
    const job = await createJob(orca)
    const abort = new AbortController()
    const waiting = orca.jobs.start(job).wait({ signal: abort.signal, onProgress: () => abort.abort(new Error('enough')) })
    expect(await rejection(waiting)).toMatchObject({ kind: 'AbortedError', reason: new Error('enough') })
    const late = orca.waitFor('jobs.start', { path: { job_id: job }, payload: { job_id: job } }, { timeout: 120 })
    expect(await rejection(late)).toMatchObject({ kind: 'TimeoutError', scope: 'wait' })
  })

  it('Klarefi: an erasure goes on in batches until nothing is left', async () => {
    const { mock, url } = await start({ systems: ['klarefi'], jobDuration: 'immediate' })
    const klarefi = new Klarefi({ apiKey: 'sk_live_full_access_0000000000000000', baseUrl: `${url}/klarefi` })
    const seen: WaitProgress[] = []
    expect(await klarefi.documents.erase('doc_large01').wait({ interval: 1, onProgress: (each) => seen.push(each) })).toMatchObject({ erasure_receipt: { completed: true } })
    expect(polls(mock, 'documents.erase')).toBe(3)
    expect(seen.map(({ status }) => status)).toEqual(['false', 'false', 'true'])
  })

  it('Orbiter: a queued start is followed to the run that it becomes', { timeout: 60_000 }, async () => {
    const { mock, url } = await start({ systems: ['orbiter'], jobDuration: 2_500, rateLimits: 'off' })
    const orbiter = new Orbiter({ ...await mock.credentials('orbiter'), baseUrl: `${url}/orbiter`, webSocket: nodeWebSocket(), rateLimit: false })
    const workflow = 'd0000000-0000-4000-8000-000000000001'
    const runs = Array.from({ length: 7 }, () => orbiter.workflows.run(workflow))
    const starts = await Promise.all(runs)
    const results = await Promise.all(runs.map((run) => run.wait({ interval: 40 })))
    expect(starts.filter(({ queue_id: queued }) => queued !== undefined).length).toBeGreaterThan(1)
    expect(results.every(({ status }) => status === 'completed')).toBe(true)
    expect(new Set(results.map(({ id }) => id)).size).toBe(7)
    // Each wait got the run of its own place, in the order of the queue.
    const byPlace = starts.map((started, i) => [started.position ?? 0, results[i]!.created_at] as const).toSorted(([a], [b]) => a - b).map(([, at]) => at)
    expect(byPlace).toEqual(byPlace.toSorted())
  })

  it('Orbiter: where nothing says which run a place in the queue became, none is guessed', async () => {
    const { mock, url } = await start({ systems: ['orbiter'], jobDuration: 'manual', rateLimits: 'off' })
    const orbiter = new Orbiter({ ...await mock.credentials('orbiter'), baseUrl: `${url}/orbiter`, webSocket: nodeWebSocket(), rateLimit: false })
    const workflow = 'd0000000-0000-4000-8000-000000000001'
    const wait = (queue_id: string, options = {}) => rejection(Promise.resolve(orbiter.waitFor('workflows.run', { path: { workflow_id: workflow }, payload: { queue_id, status: 'queued' } }, { interval: 20, ...options })))
    expect(await wait('never')).toMatchObject({ kind: 'JobFailedError', status: 'unknown', id: 'never' })
    const starts = await Promise.all(Array.from({ length: 7 }, () => orbiter.workflows.run(workflow)))
    const places = starts.filter(({ queue_id: id }) => id !== undefined).map(({ queue_id: id }) => id!)
    expect(places.length).toBeGreaterThan(1)
    expect((await orbiter.runs.queue.list().toArray()).map(({ id, position }) => [id, position])).toEqual(places.map((id, i) => [id, i + 1]))
    expect(await wait(places[0]!, { timeout: 60 })).toMatchObject({ kind: 'TimeoutError', scope: 'wait' })
    // The vendor's answer to a place that was taken out of the queue: it is gone, and no run has come.
    const scripted = await serve((request, response, n) => json(response, 200, request.url.includes('queue') ? (n < 3 ? [{ id: 'q1', workflow_id: workflow, trigger_type: 'manual' }] : []) : { runs: [{ id: 'old', trigger_type: 'manual', created_at: '2026-03-01 10:00:00' }], total: 1 }))
    const other = new Orbiter({ ciKey: 'x', headers: { cookie: 'session=x' }, baseUrl: scripted.url })
    expect(await rejection(Promise.resolve(other.waitFor('workflows.run', { path: { workflow_id: workflow }, payload: { queue_id: 'q1', status: 'queued' } }, { interval: 20 })))).toMatchObject({ kind: 'JobFailedError', status: 'cancelled', id: 'q1' })
    // A server without a view of its queue.
    scripted.handle((request, response) => (request.url.includes('queue') ? json(response, 404, { error: { code: 'RESOURCE_NOT_FOUND', message: 'Run not found' } }) : json(response, 200, { runs: [], total: 0 })))
    expect(await rejection(Promise.resolve(other.waitFor('workflows.run', { path: { workflow_id: workflow }, payload: { queue_id: 'q1', status: 'queued' } })))).toMatchObject({ kind: 'JobFailedError', status: 'unknown', reason: expect.stringContaining('does not show its queue') })
    await scripted.close()
  })
})

async function createJob(orca: Orca): Promise<string> {
  const [file] = await orca.files.list().toArray({ max: 1 })
  const job = await orca.jobs.create({ file_ids: [(file as { file_id?: string; id?: string }).file_id ?? (file as { id: string }).id] } as never)
  return String((job as { job_id?: string }).job_id ?? (job as unknown as { id: string }).id)
}
