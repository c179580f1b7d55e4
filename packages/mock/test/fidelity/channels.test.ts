import { describe, expect, it, vi } from 'vitest'
import { follow } from '../../src/effects/follow.js'
import { createFetch } from '../../src/hosts/fetch.js'
import { handle } from '../../src/kernel/pipeline.js'
import { defineSystem } from '../../src/kernel/system.js'
import { client, definition, document as fixtureDocument, operation } from '../fixture.js'
import { arena, type Arena } from '../harness/arena.js'
import type { Json } from '../harness/documents.js'
import { PASSWORD } from '../orbiter.js'

// Minutes of work on a busy machine, seconds on a quiet one.
vi.setConfig({ testTimeout: 120_000 })

// One job, told through every channel that there is: the same states in the same order, none missing, none twice.

describe('one engine, four channels', () => {
  const json = { content: { 'application/json': null } }
  const system = () => defineSystem({
    ...definition,
    document: { ...fixtureDocument, routes: [operation('runs.create', 'POST', '/runs'), operation('runs.get', 'GET', '/runs/{id}', { responses: { 200: json } }), operation('runs.stream', 'GET', '/runs/{id}/stream', { responses: { 200: { content: { 'text/event-stream': null } } } })] },
    collections: { runs: { id: 'run_', job: 'run' } },
    resources: [],
    behaviours: {
      'runs.create': (c) => {
        const row = c.store('runs').insert({ status: 'new' })
        c.start('run', String(row.id), c.outcome(c.header('x-mock-outcome') ?? '') === 'failure' ? { fail: { step: 'working', reason: 'asked for' } } : {})
        return c.store('runs').need(row.id)
      },
      'runs.stream': (c) => c.sse((async function* () {
        for await (const job of follow(c, 'run', c.path['id']!)) yield { status: job.status }
      })()),
    },
    jobs: { run: {
      steps: [{ status: 'queued' }, { status: 'working', share: 3 }, { status: 'checking', share: 2 }], success: 'done', failure: 'broken', cancelled: 'stopped',
      enter(c, job) {
        c.store('runs').update(job.id, { status: job.status })
        c.deliver({ id: 'e', url: 'http://127.0.0.1:1/hook', secret: 's' }, 'run.changed', { status: job.status })
      },
    } },
    webhooks: { sign: () => ({}), retries: [] },
  })

  for (const outcome of ['success', 'failure'] as const) {
    it(`polling, server-sent events, the engine's own watchers and webhooks, on ${outcome}`, async () => {
      const hooks: string[] = []
      const made = system()
      const { call, world } = client({ jobs: { by: 'clock', duration: 6_000 }, send: (_, init) => {
        const payload = JSON.parse(String((init as RequestInit).body)) as Json
        hooks.push(payload.status ?? payload.data?.status)
        return Promise.resolve(new Response())
      } }, undefined, made)
      const { id } = (await call('POST', '/runs', { headers: { 'x-mock-outcome': outcome } })).body as Json
      const streamed: string[] = []
      const stream = (async () => {
        const response = await createFetch((one) => handle(world, world.system(made), one))(`http://mock/runs/${id}/stream`, { headers: { 'x-api-key': 'k-full' } })
        for (const line of (await response.text()).split('\n')) if (line.startsWith('data: ')) streamed.push(JSON.parse(line.slice(6)).status)
      })()
      const watched: string[] = []
      const jobs = world.system(made).jobs
      watched.push(jobs.view('run', id)!.status)
      const stop = jobs.watch('run', id, () => void watched.push(jobs.view('run', id)!.status))
      const polled: string[] = []
      for (let i = 0; i < 90; i++) {
        const { status } = (await call('GET', `/runs/${id}`)).body as Json
        if (polled.at(-1) !== status) polled.push(status)
        await world.advance(100)
      }
      await stream
      await world.idle()
      stop()
      const expected = outcome === 'success' ? ['queued', 'working', 'checking', 'done'] : ['queued', 'working', 'broken']
      expect({ polled, streamed: once(streamed), watched, hooks }).toEqual({ polled: expected, streamed: expected, watched: expected, hooks: expected })
    })
  }
})

describe('the vendors’ own channels agree', () => {
  it('ORCA: the socket and polling', async () => {
    const at = await arena('orca', { jobDuration: 4_000 })
    const { body } = await at.send(at.operation('jobs.create'), { body: { name: 'Story', file_ids: [101] } })
    const id: string = body.data.job_id
    await at.send(at.operation('jobs.start'), { path: { job_id: id } })
    const frames: Json[] = []
    const closed = watch(at, `/ws/jobs/${id}/progress?token=${at.who.main['jwt']!['authorization']!.slice(7)}`, (frame) => frames.push(frame))
    const polled = await poll(at, 60, async () => (await at.send(at.operation('jobs.get'), { path: { job_id: id } })).body.data)
    expect(await closed).toBe(1000)
    const state = ({ status, stage }: Json): string => `${status}/${stage}`
    expect(once(frames.map(state))).toEqual(once(polled.map(state)).filter((one) => once(frames.map(state)).includes(one)))
    expect(once(frames.map((frame) => frame.status)).at(-1)).toBe('completed')
    expect(once(polled.map((job) => job.status)).at(-1)).toBe('completed')
    expect(once(frames.map((frame) => frame.status))).toEqual(once(polled.map((job) => job.status)))
    const progress = frames.map((frame) => frame.progress as number)
    expect(progress).toEqual(progress.toSorted((a, b) => a - b))
    await at.mock.close()
  })

  it('Orbiter: the run socket, the run and the list', async () => {
    const at = await arena('orbiter', { jobDuration: 4_000 })
    const path = { workflow_id: 'd0000000-0000-4000-8000-000000000001' }
    const { run_id } = (await at.send(at.operation('workflows.run'), { path })).body
    const frames: Json[] = []
    const closed = watch(at, `/api/v1/workflows/${path.workflow_id}/runs/${run_id}/stream`, (frame) => frames.push(frame), { cookie: at.who.main['session']!['cookie']! })
    const polled = await poll(at, 80, async () => (await at.send(at.operation('workflows.runs.get'), { path: { ...path, run_id } })).body)
    expect(await closed).toBe(1000)
    const last = polled.at(-1)!
    expect(['completed', 'failed']).toContain(last.status)
    expect(JSON.stringify(frames.at(-1))).toContain(last.status)
    const listed = (await at.send(at.operation('workflows.runs.list'), { path })).body.runs.find((run: Json) => run.id === run_id)
    expect(listed.status).toBe(last.status)
    await at.mock.close()
  })

  it('FlexOrch: polling and webhooks', async () => {
    const hooks: Json[] = []
    const at = await arena('flexorch', { jobDuration: 4_000, send: (_, init) => {
      hooks.push(JSON.parse(String((init as RequestInit).body)))
      return Promise.resolve(new Response())
    } })
    await at.send(at.operation('webhooks.create'), { body: { url: 'http://127.0.0.1:9/hook', events: ['job.completed', 'job.failed'], secret: PASSWORD } })
    const uploaded = await at.send(at.operation('documents.process'), { body: formOf('letter.txt') })
    const jobId: number = uploaded.body.data.jobs[0].job_id
    const polled = await poll(at, 60, async () => (await at.send(at.operation('jobs.get'), { path: { job_id: String(jobId) } })).body.data)
    await at.mock.world().idle()
    expect(once(polled.map((job) => job.status))).toEqual(['queued', 'running', 'completed'])
    expect(hooks).toHaveLength(1)
    expect(JSON.stringify(hooks[0])).toContain('job.completed')
    expect(JSON.stringify(hooks[0])).toContain(String(jobId))
    await at.mock.close()
  })

  it('Klarefi: polling, the event list, and webhooks', async () => {
    const hooks: string[] = []
    const at = await arena('klarefi', { jobDuration: 4_000, webhookTargets: 'any', send: (_, init) => {
      const payload = JSON.parse(String((init as RequestInit).body)) as Json
      hooks.push(String(payload.type ?? payload.event_type ?? payload.event).replace(/^v1\./, ''))
      return Promise.resolve(new Response())
    } })
    const { case_id } = (await at.send(at.operation('process.create'))).body
    const polled = await poll(at, 60, async () => (await at.send(at.operation('cases.get'), { path: { case_id } })).body)
    await at.mock.world().idle()
    const listed = (await at.send(at.operation('cases.events'), { path: { case_id } })).body.events.map((event: Json) => event.event_type)
    expect(once(polled.map((one) => one.status))).toEqual(['processing', 'completed'])
    expect(listed).toEqual(['document.uploaded', 'document.processed', 'case.processing', 'case.completed'])
    expect([...new Set(hooks)], 'the same story, to every endpoint; the vendor sends no webhook of an upload').toEqual(listed.slice(1))
    await at.mock.close()
  })
})

async function poll(at: Arena, times: number, get: () => Promise<Json>): Promise<Json[]> {
  const seen: Json[] = []
  for (let i = 0; i < times; i++) {
    seen.push(await get())
    await at.mock.advance(100)
  }
  seen.push(await get())
  return seen
}

function watch(at: Arena, path: string, tell: (frame: Json) => void, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = at.mock.webSocket(`${at.mock.baseUrl(at.system).replace(/^http/, 'ws').replace(/\/api\/v1$/, '')}${path}`, { headers })
    socket.onmessage = ({ data }) => tell(JSON.parse(String(data)))
    socket.onerror = ({ status }) => reject(new Error(`refused with ${status}`))
    socket.onclose = ({ code }) => resolve(code ?? 0)
  })
}

/** Each value once in a row. */
function once<T>(values: readonly T[]): T[] {
  return values.filter((value, i) => i === 0 || value !== values[i - 1])
}

function formOf(name: string): FormData {
  const form = new FormData()
  form.append('files', new File(['Dear Ada, this is a letter about invoices.'], name))
  return form
}
