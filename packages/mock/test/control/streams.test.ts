import { afterEach, describe, expect, it } from 'vitest'
import { frame, HEARTBEAT, HEARTBEAT_EVERY, sseFrames } from '../../src/effects/sse.js'
import { createMock, type Mock } from '../../src/index.js'
import { Lifetime } from '../../src/kernel/reply.js'
import { Clock } from '../../src/world/clock.js'
import { CHAT, orckai } from './helpers.js'

const open: Mock[] = []
afterEach(async () => {
  for (const mock of open.splice(0)) await mock.close()
})
const started = (options: Parameters<typeof createMock>[0] = {}) => {
  const mock = createMock({ systems: ['orckai', 'orca'], streamDelay: 200, ...options })
  open.push(mock)
  return mock
}

/** An access token of ORCA, and a job to follow. */
async function following(mock: Mock, base: string, fetchIt: typeof fetch) {
  const json = { 'content-type': 'application/json' }
  const login = (await (await fetchIt(`${base}/auth/login`, { method: 'POST', headers: json, body: JSON.stringify({ email: 'ada@example.com', password: 'correct horse battery staple' }) })).json()) as { data: { access_token: string } }
  const token = login.data.access_token
  const jobs = (await (await fetchIt(`${base}/jobs`, { headers: { authorization: `Bearer ${token}` } })).json()) as { data: { id: string }[] | { items: { id: string }[] } }
  return { token, jobs }
}

describe('a reset', () => {
  it.each(['in process', 'over a port'])('cuts open streams %s, and what they were about to write is not written', async (where) => {
    const mock = started()
    const over = where === 'over a port' ? await mock.listen() : undefined
    const fresh = await (async () => {
      await mock.seed('orckai', {})
      return mock.world().hash()
    })()
    const response = await orckai(mock, over)('/chat/stream', CHAT)
    const reader = response.body!.getReader()
    await reader.read()
    expect(mock.world().connections).toBe(1)
    await mock.reset()
    await expect((async () => {
      while (!(await reader.read()).done);
    })()).rejects.toThrow('terminated')
    expect(mock.world().connections).toBe(0)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(mock.world().hash()).toBe(fresh)
    await expect.poll(() => mock.clock.alarms).toBe(0)
  })

  it('closes open sockets with 1012', async () => {
    const mock = started({ jobDuration: 60_000 })
    const { token } = await following(mock, mock.baseUrl('orca'), mock.fetch)
    const job = await startedJob(mock, token)
    const socket = mock.webSocket(`${mock.baseUrl('orca').replace(/^http/, 'ws').replace('/api/v1', '')}/ws/jobs/${job}/progress?token=${token}`, { headers: { authorization: `Bearer ${token}` } })
    const closed = new Promise<{ code?: number; status?: number }>((resolve) => (socket.onclose = resolve))
    await new Promise((resolve, reject) => {
      socket.onmessage = resolve
      socket.onerror = (event) => reject(new Error(`${event.status} ${event.message}`))
    })
    await mock.reset()
    expect((await closed).code).toBe(1012)
  })
})

async function startedJob(mock: Mock, token: string): Promise<string> {
  const base = mock.baseUrl('orca')
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const form = new FormData()
  form.append('file', new Blob(['id,email\n1,a@example.com\n'], { type: 'text/csv' }), 'people.csv')
  const upload = (await (await mock.fetch(`${base}/files/upload`, { method: 'POST', headers: { authorization: headers.authorization }, body: form })).json()) as { data: { file_id: number } }
  const made = (await (await mock.fetch(`${base}/jobs`, { method: 'POST', headers, body: JSON.stringify({ file_ids: [upload.data.file_id] }) })).json()) as { data: { job_id: string } }
  await mock.fetch(`${base}/jobs/${made.data.job_id}/start`, { method: 'POST', headers })
  return made.data.job_id
}

describe('a dropped socket', () => {
  it.each(['in process', 'over a port'])('is gone after so many messages, without a goodbye, %s', async (where) => {
    const mock = started({ jobDuration: 2_000 })
    const { token } = await following(mock, mock.baseUrl('orca'), mock.fetch)
    const job = await startedJob(mock, token)
    mock.fail('orca', 'jobs.watch', { fault: 'drop-socket', after: 1 })
    const path = `/ws/jobs/${job}/progress?token=${token}`
    const { WebSocket } = await import('ws')
    const socket = where === 'in process' ? mock.webSocket(mock.baseUrl('orca').replace(/^http/, 'ws').replace('/api/v1', '') + path) : new WebSocket(`${(await mock.listen()).url.replace(/^http/, 'ws')}/orca${path}`)
    let messages = 0
    const code = await new Promise((resolve) => {
      socket.addEventListener('message', () => void messages++)
      socket.addEventListener('error', () => {})
      socket.addEventListener('close', (event: { code?: number }) => resolve(event.code))
    })
    expect([code, messages]).toEqual([1006, 1])
  })
})

describe('event streams', () => {
  async function* numbered(count: number) {
    for (let i = 1; i <= count; i++) yield { id: String(i), data: { i } }
  }
  const all = async (source: AsyncIterable<string>) => {
    const out: string[] = []
    for await (const one of source) out.push(one)
    return out
  }

  it('begin again after the last event that arrived', async () => {
    const from = (after?: string) => all(sseFrames(numbered(12), { lifetime: new Lifetime(), ...(after !== undefined && { after }) }))
    expect(await from()).toHaveLength(12)
    expect(await from('9')).toEqual([10, 11, 12].map((i) => frame({ id: String(i), data: { i } })))
    expect(await from('no number')).toHaveLength(12)
  })

  it('send a heartbeat in each long silence, and leave no timer', async () => {
    const clock = new Clock({ offset: 0, frozen: true })
    const lifetime = new Lifetime()
    async function* slow() {
      yield { first: true }
      await clock.sleep(HEARTBEAT_EVERY * 2.5, lifetime)
      yield { second: true }
    }
    const reading = all(sseFrames(slow(), { lifetime, clock }))
    for (let i = 0; i < 6; i++) await clock.advance(HEARTBEAT_EVERY / 2)
    expect(await reading).toEqual(['data: {"first":true}\n\n', HEARTBEAT, HEARTBEAT, 'data: {"second":true}\n\n'])
    expect(clock.alarms).toBe(0)
  })
})
