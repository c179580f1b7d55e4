import { afterEach, beforeEach, expect, it } from 'vitest'
import { quick } from '../../test/fixture/client.js'
import { fail, json, ok, rejection, serve, type TestServer } from '../../test/fixture/server.js'
import { AbortedError, InvalidArgumentError, JobFailedError, TimeoutError } from './errors/index.js'
import type { WaitablePromise, WaitProgress } from './results.js'

let server: TestServer
beforeEach(async () => { server = await serve() })
afterEach(() => server.close())

const start = (id = 'jobs.start', options = {}) => {
  const { client, slept } = quick(server.url, options)
  return { slept, client, job: client.request<WaitablePromise<any, any>>(id, { params: {} }) }
}
/** Answers the start, then one status after another for each job. */
const script = (started: unknown, ...statuses: Record<string, unknown>[]) => {
  const polls = new Map<string, number>()
  server.handle((request, response) => {
    if (request.method === 'POST') return ok(response, started)
    const n = polls.get(request.url) ?? 0
    polls.set(request.url, n + 1)
    ok(response, { job_id: request.url.split('/').pop(), ...statuses[Math.min(n, statuses.length - 1)] })
  })
}

it('gives the start when awaited and the end when waited for', async () => {
  script({ job_id: 7 }, { status: 'queued' }, { status: 'running', progress: 40 }, { status: 'running', progress: 30 }, { status: 'COMPLETED', progress: 100 })
  const { job, slept } = start()
  const seen: WaitProgress[] = []
  expect(await job).toEqual({ job_id: 7 })
  expect(await job.wait({ onProgress: (progress) => seen.push(progress) })).toEqual({ job_id: '7', status: 'COMPLETED', progress: 100 })
  expect(seen.map(({ status, progress }) => [status, progress])).toEqual([['queued', undefined], ['running', 40], ['running', 40], ['COMPLETED', 100]])
  expect(slept).toEqual([500, 750, 1125])
  expect(server.seen.filter((request) => request.method === 'POST')).toHaveLength(1)
})

it('fails with the vendor\'s reason', async () => {
  script({ job_id: 'j' }, { status: 'failed', reason: 'EMPTY_DOCUMENT' })
  const error = await rejection(start().job.wait())
  expect(error).toBeInstanceOf(JobFailedError)
  expect(error).toMatchObject({ id: 'j', status: 'failed', reason: 'EMPTY_DOCUMENT', result: { job_id: 'j' } })
  expect(error.message).toBe('Fixture jobs.start: j ended as failed: EMPTY_DOCUMENT')
})

it('follows several, and none', async () => {
  script({ jobs: [{ job_id: 1 }, { job_id: 2 }, { job_id: 3 }] }, { status: 'running' }, { status: 'completed' })
  expect(await start('jobs.startMany').job.wait()).toMatchObject([{ job_id: '1' }, { job_id: '2' }, { job_id: '3' }])
  script({ jobs: [] })
  expect(await start('jobs.startMany').job.wait()).toEqual([])
  script({ job_id: 5 }, { status: 'completed' })
  expect(await start('jobs.startMany').job.wait()).toMatchObject([{ job_id: '5' }])
  script({ nothing: true })
  expect(await rejection(start().job.wait())).toBeInstanceOf(InvalidArgumentError)
})

it('tells all results when some of several failed', async () => {
  server.handle((request, response) => (request.method === 'POST' ? ok(response, { jobs: [{ job_id: 1 }, { job_id: 2 }] }) : ok(response, { status: request.url.endsWith('1') ? 'failed' : 'completed', reason: 'bad' })))
  const error = await rejection(start('jobs.startMany').job.wait())
  expect(error).toMatchObject({ id: '1', reason: 'bad (1 of 2 failed)', result: [{ status: 'failed' }, { status: 'completed' }] })
})

it('bears with polls that fail, but not for ever, and keeps to Retry-After', async () => {
  let polls = 0
  server.handle((request, response) => {
    if (request.method === 'POST') return ok(response, { job_id: 1 })
    return ++polls === 1 ? fail(response, 429, 'X', { 'retry-after': '120' }) : ok(response, { status: 'completed' })
  })
  const { job, slept } = start()
  await job.wait()
  expect(slept).toEqual([120_000])
  server.handle((request, response) => (request.method === 'POST' ? ok(response, { job_id: 1 }) : fail(response, 503)))
  expect(await rejection(start('jobs.start', { maxRetries: 0 }).job.wait())).toMatchObject({ status: 503 })
  server.handle((request, response) => (request.method === 'POST' ? ok(response, { job_id: 1 }) : fail(response, 404)))
  expect(await rejection(start().job.wait())).toMatchObject({ status: 404 })
})

it('ends in time and when asked to', async () => {
  script({ job_id: 1 }, { status: 'running' })
  let now = 0
  const error = await rejection(start('jobs.start', { clock: { now: () => now, sleep: async (ms: number) => { now += ms } } }).job.wait({ timeout: 10_000 }))
  expect(error).toBeInstanceOf(TimeoutError)
  expect(error).toMatchObject({ scope: 'wait', timeoutMs: 10_000 })
  const controller = new AbortController()
  const aborted = await rejection(start().job.wait({ signal: controller.signal, onProgress: () => controller.abort('bye') }))
  expect(aborted).toBeInstanceOf(AbortedError)
  expect(aborted.reason).toBe('bye')
})

it('ends in time when the server no longer answers', async () => {
  server.handle((request, response) => { if (request.method === 'POST') ok(response, { job_id: 1 }) })
  const started = performance.now()
  const error = await rejection(start().job.wait({ timeout: 150 }))
  expect(error).toBeInstanceOf(TimeoutError)
  expect(error).toMatchObject({ scope: 'wait', timeoutMs: 150, cause: { scope: 'call' } })
  expect(performance.now() - started).toBeLessThan(10_000)
})

it('follows a call that is its own poll, and takes a plain 200 for its end', async () => {
  const answers = [[202, { receipt: { doc_id: 'd', completed: false } }], [202, { receipt: { doc_id: 'd', completed: false } }], [200, { receipt: { doc_id: 'd', completed: true } }]] as const
  server.handle((_, response, n) => json(response, answers[n]![0], answers[n]![1]))
  const { client } = quick(server.url)
  const erase = () => client.request<WaitablePromise<any, any>>('jobs.erase', { path: { doc_id: 'd' } })
  expect(await erase().wait()).toEqual({ receipt: { doc_id: 'd', completed: true } })
  expect(server.seen).toHaveLength(3)
  server.handle((_, response) => json(response, 200, { receipt: { doc_id: 'd' } }))
  expect(await erase().wait()).toEqual({ receipt: { doc_id: 'd' } })
  expect(server.seen).toHaveLength(4)
})

it('waits for a month, which is longer than a timer can', async () => {
  for (const timeout of [31 * 86_400_000, Infinity]) {
    script({ job_id: 'j' }, { status: 'running' }, { status: 'completed' })
    expect(await start().job.wait({ timeout })).toMatchObject({ status: 'completed' })
  }
})

it('goes on with work that was started earlier', async () => {
  script({}, { status: 'completed' })
  const { client } = quick(server.url)
  expect(await client.waitFor('jobs.start', { payload: { job_id: 9 } })).toMatchObject({ job_id: '9' })
})

it('a poll whose answer was spoilt on its way is asked for again; a server that only talks nonsense ends the wait', async () => {
  let polls = 0
  server.handle((request, response) => {
    if (request.method === 'POST') return ok(response, { job_id: 'j' })
    polls++
    if (polls === 2 || polls > 3) response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{"job_id"')
    else ok(response, { job_id: 'j', status: polls === 1 ? 'running' : 'completed' })
  })
  expect(await start().job.wait()).toMatchObject({ status: 'completed' })
  expect(polls).toBe(3)
  expect(await rejection(start().job.wait())).toMatchObject({ kind: 'DecodeError', system: 'Fixture', operation: 'jobs.get' })
  expect(polls).toBe(8)
})
