import { afterEach, describe, expect, it, vi } from 'vitest'
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
  it('is known to be nineteen operations or more', () => expect(rows.length).toBeGreaterThan(18))

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
        const shown = { ...put(wait.status, polled > 3 ? outcome : 'running') as object, ...(wait.reason === undefined ? {} : put(wait.reason, 'because') as object) }
        json(response, 200, wait.find === undefined ? wrap(shown, poll) : put(poll.paginate!.items, [{ ...put(wait.find, 'job-0') as object, ...put(wait.status, outcome) as object }, { ...put(wait.find, 'job-1') as object, ...shown }]))
      })
      const client = clients[system]!(server.url)
      const promise = client.request<WaitablePromise<unknown, unknown>>(id, { path: names(op.path), params: {} })
      const progress: WaitProgress[] = []
      const done = promise.wait({ interval: 1, onProgress: (each) => progress.push(each) })
      if (wait.failure.includes(outcome)) expect(await rejection(done)).toMatchObject({ kind: 'JobFailedError', status: outcome, ...(wait.reason === undefined ? {} : { reason: 'because' }) })
      else expect(Array.isArray(await done)).toBe(several)
      expect(progress.length).toBeGreaterThan(1)
      const asked = server.seen.at(-1)!
      expect(asked.url).toContain(wait.poll === op.id ? 'p-doc_id' : wait.find !== undefined ? Object.values(names(client.operations[wait.poll]!.path)).at(-1) : 'job-1')
      await server.close()
    }
    server = undefined
  })
})

describe('work that shows only in a list', () => {
  const BASE = 'd4e5f6a7-0000-4000-8000-000000000001'
  const knowledge = async (options: MockOptions) => {
    const { mock, url } = await start({ systems: ['orckai'], ...options })
    return { mock, orckai: new Orckai({ ...await mock.credentials('orckai'), baseUrl: `${url}/orckai/api/v1` }) }
  }
  const upload = (orckai: Orckai, name: string) => orckai.knowledgeBases.documents.upload(BASE, { file: { name, data: 'The blue whale eats krill.' } })

  it('Orckai: a document is followed until it can be searched', async () => {
    const { mock, orckai } = await knowledge({ jobDuration: { polls: 3 } })
    const uploading = upload(orckai, 'whales.md')
    expect(await uploading).toMatchObject({ status: 'processing', chunkCount: 0 })
    const seen: WaitProgress[] = []
    const document = await uploading.wait({ interval: 5, onProgress: (each) => seen.push(each) })
    expect(document).toMatchObject({ name: 'whales.md', status: 'ready', chunkCount: 1 })
    expect(document.id).toBe((await uploading).id)
    expect(seen.map(({ status }) => status)).toEqual(['processing', 'processing', 'ready'])
    expect(polls(mock, 'knowledgeBases.documents.list')).toBe(3)
    expect((await orckai.knowledgeBases.search(BASE, { query: 'what does a blue whale eat' }))[0]).toMatchObject({ documentName: 'whales.md' })
  })

  it('Orckai: a document that cannot be read says why', async () => {
    const { orckai } = await knowledge({ jobDuration: { polls: 2 } })
    expect(await rejection(upload(orckai, 'fail.md').wait({ interval: 5 }))).toMatchObject({ kind: 'JobFailedError', operation: 'knowledgeBases.documents.upload', status: 'failed', reason: 'The text could not be read', result: { name: 'fail.md' } })
  })

  it('Orckai: what the answer of the start shows as done is not asked for again', async () => {
    const { mock, orckai } = await knowledge({ jobDuration: 'immediate' })
    expect(await upload(orckai, 'whales.md').wait()).toMatchObject({ status: 'ready' })
    expect(polls(mock, 'knowledgeBases.documents.list')).toBe(0)
  })

  it('Orckai: a list that never shows it, one that is gone, an abort and a time-out end the wait', async () => {
    const { mock, orckai } = await knowledge({ jobDuration: 'manual' })
    const wait = (id: string, base = BASE, options = {}) => rejection(orckai.waitFor('knowledgeBases.documents.upload', { path: { id: base }, payload: { id } }, { interval: 5, ...options }))
    expect(await wait('nobody')).toMatchObject({ kind: 'JobFailedError', status: 'unknown', id: 'nobody', reason: 'knowledgeBases.documents.list does not list it' })
    expect(polls(mock, 'knowledgeBases.documents.list')).toBe(3)
    expect(await wait('x', '00000000-0000-4000-8000-00000000dead')).toMatchObject({ kind: 'NotFoundError', status: 404 })
    const { id } = await upload(orckai, 'whales.md')
    expect(await wait(id, BASE, { timeout: 40 })).toMatchObject({ kind: 'TimeoutError', scope: 'wait' })
    const abort = new AbortController()
    expect(await wait(id, BASE, { signal: abort.signal, onProgress: () => abort.abort(new Error('enough')) })).toMatchObject({ kind: 'AbortedError', reason: new Error('enough') })
  })

  it('is looked for through all pages, and missed only when it is missing for good', async () => {
    const document = (id: string, status: string) => ({ id, status })
    const script = [
      (cursor: string | null) => (cursor === null ? [document('a', 'completed')] : [document('b', 'pending')]), // seen on the second page
      () => [], // a list in flux
      (cursor: string | null) => (cursor === null ? [] : [document('b', 'pending')]),
      () => [],
      () => [],
      () => [],
    ]
    let round = -1
    const asked: string[] = []
    server = await serve((request, response) => {
      const cursor = new URL(request.url, 'http://localhost').searchParams.get('cursor')
      asked.push(cursor ?? '')
      if (cursor === null) round++
      json(response, 200, { data: script[round]!(cursor), pagination: cursor === null ? { next_cursor: 'two', has_more: true } : { next_cursor: null, has_more: false } })
    })
    const orbiter = new Orbiter({ ciKey: 'x', headers: { cookie: 'session=x' }, baseUrl: server.url })
    const seen: string[] = []
    const waiting = orbiter.waitFor('knowledgeBases.documents.upload', { path: { knowledge_base_id: 'kb' }, payload: { id: 'b' } }, { interval: 1, onProgress: ({ status }) => seen.push(status) })
    expect(await rejection(waiting)).toMatchObject({ kind: 'JobFailedError', status: 'unknown', id: 'b', reason: expect.stringContaining('does not list it any more; it was pending'), result: { id: 'b' } })
    expect(asked).toEqual(Array.from({ length: 6 }, () => ['', 'two']).flat())
    expect(seen).toEqual(['pending', 'pending', 'pending', 'pending', 'pending'])
  })

  it('FlexOrch: a sync that was triggered is followed in the log of its schedule', async () => {
    const { mock, url } = await start({ systems: ['flexorch'], jobDuration: { polls: 2 }, rateLimits: 'off' })
    const flexorch = new FlexOrch({ ...await mock.credentials('flexorch'), baseUrl: `${url}/flexorch/v1` })
    const [connector] = await flexorch.connectors.list().toArray({ max: 1 })
    const [schedule] = await flexorch.connectors.schedules.list(connector!.id!).toArray({ max: 1 })
    const run = flexorch.connectors.schedules.trigger(connector!.id!, schedule!.id!)
    const result = await run.wait({ interval: 5 })
    expect(result).toMatchObject({ id: (await run).id, schedule_id: schedule!.id, status: 'completed' })
    expect(result.completed_at).not.toBeNull()
    expect(polls(mock, 'connectors.schedules.logs')).toBeGreaterThan(1)
  })

  it('Klarefi: a session is followed by its case, past what the applicant is asked for', async () => {
    const { url } = await start({ systems: ['klarefi'], jobDuration: { polls: 8 } })
    const klarefi = new Klarefi({ apiKey: 'sk_live_full_access_0000000000000000', baseUrl: `${url}/klarefi` })
    const statuses = async (outcome: string) => {
      const seen: string[] = []
      const session = klarefi.sessions.create({ case_type_id: 'ct_claim' }, { headers: { 'X-Mock-Outcome': outcome } })
      const done = await session.wait({ interval: 5, onProgress: ({ status }) => seen.push(status) }).catch((error: unknown) => error)
      return { done, seen: [...new Set(seen)], id: (await session).session_id }
    }
    const success = await statuses('success')
    expect(success.done).toMatchObject({ case_id: success.id, status: 'completed' })
    expect((await statuses('degraded')).seen).toEqual(['queued', 'applicant_blocked', 'processing', 'needs_review'])
    expect((await statuses('failure')).done).toMatchObject({ kind: 'JobFailedError', operation: 'sessions.create', status: 'failed' })
    // Nobody comes.
    const idle = klarefi.sessions.create({ case_type_id: 'ct_claim' })
    expect(await rejection(idle.wait({ interval: 5, timeout: 60 }))).toMatchObject({ kind: 'TimeoutError', scope: 'wait' })
  })

  it('Orbiter: a document is complete with its answer; a place in the queue can be given up', async () => {
    const { mock, url } = await start({ systems: ['orbiter'], jobDuration: 'manual', rateLimits: 'off' })
    const orbiter = new Orbiter({ ...await mock.credentials('orbiter'), baseUrl: `${url}/orbiter`, webSocket: nodeWebSocket(), rateLimit: false })
    expect(await orbiter.knowledgeBases.documents.upload('f0000000-0000-4000-8000-000000000001', { file: { name: 'a.md', data: 'Opening hours: nine to five.' } }).wait()).toMatchObject({ filename: 'a.md', status: 'completed' })
    expect(polls(mock, 'knowledgeBases.documents.list')).toBe(0)
    const starts = await Promise.all(Array.from({ length: 7 }, () => orbiter.workflows.run('d0000000-0000-4000-8000-000000000001')))
    const [place, next] = starts.flatMap(({ queue_id: id }) => id ?? [])
    const waiting = rejection(Promise.resolve(orbiter.waitFor('workflows.run', { path: { workflow_id: 'd0000000-0000-4000-8000-000000000001' }, payload: { queue_id: place, status: 'queued' } }, { interval: 20, onProgress: () => undefined })))
    await vi.waitFor(() => expect(polls(mock, 'runs.queue.list')).toBeGreaterThan(1))
    expect(await orbiter.runs.queue.cancel(place!)).toEqual({ status: 'cancelled' })
    expect(await waiting).toMatchObject({ kind: 'JobFailedError', status: 'cancelled', id: place })
    expect((await orbiter.runs.queue.list().toArray()).map(({ id }) => id)).toContain(next)
    expect(await rejection(orbiter.runs.queue.cancel(place!))).toMatchObject({ kind: 'NotFoundError', code: 'RESOURCE_NOT_FOUND' })
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

  it('Orbiter: a wait opens no socket, since one on a pending run may start it again', async () => {
    const { mock, url } = await start({ systems: ['orbiter'], jobDuration: 400, rateLimits: 'off' })
    let opened = 0
    const connect = nodeWebSocket()
    const counting: typeof connect = (...given) => {
      opened++
      return connect(...given)
    }
    const orbiter = new Orbiter({ ...await mock.credentials('orbiter'), baseUrl: `${url}/orbiter`, webSocket: counting, rateLimit: false })
    const workflow = 'd0000000-0000-4000-8000-000000000001'
    const { id } = await orbiter.workflows.run(workflow).wait({ interval: 40 })
    expect([opened, polls(mock, 'workflows.runs.get') > 0]).toEqual([0, true])
    for await (const _ of orbiter.workflows.runs.watch(workflow, id));
    expect(opened, 'it would have been counted').toBe(1)
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
