import { createMock, type Mock, type SystemName } from '@orkit/mock'
import { line, type Line, median } from '../lines.js'

const RUNS = 9
const URL_OF_ONE = '/agents/a1b2c3d4-0000-4000-8000-000000000001'
const KEY = { 'x-api-key': 'oak_test_full_access_0000000000000000' }

/** `await fetch` and `await json()`: ours, and a function that hands out the same bytes, in turn. */
export async function perCall(): Promise<Line[]> {
  const mock = createMock({ rateLimits: 1_000_000_000 })
  const url = mock.baseUrl('orckai') + URL_OF_ONE
  const first = await mock.fetch(url, { headers: KEY })
  const [headers, body] = [Object.fromEntries(first.headers), await first.text()]
  const custom: typeof fetch = () => Promise.resolve(new Response(body, { status: 200, headers }))
  await time(mock.fetch, url, 5_000)
  await time(custom, url, 5_000)
  const extra: number[] = []
  for (let i = 0; i < RUNS; i++) {
    const base = await time(custom, url, 4_000)
    extra.push((await time(mock.fetch, url, 4_000)) - base)
  }
  await mock.close()
  return [line('per call in process, more', median(extra), { atMost: 60 }, 'us', 'a custom fetch, the same bytes', RUNS)]
}

async function time(send: typeof fetch, url: string, calls: number): Promise<number> {
  const since = performance.now()
  for (let i = 0; i < calls; i++) await (await send(url, { headers: KEY })).json()
  return ((performance.now() - since) * 1000) / calls
}

/** A page of 20 out of 100,000 stored objects, and out of 100, in turn. */
export async function bigList(): Promise<Line[]> {
  const [large, small] = await Promise.all([filled(100_000), filled(100)])
  const ratios: number[] = []
  for (const one of [large, small]) await page(one, 300)
  for (let i = 0; i < RUNS; i++) {
    const base = await page(small, 300)
    ratios.push((await page(large, 300)) / base)
  }
  return [line('a page of 20 out of 100,000', median(ratios), { atMost: 1.5 }, 'x time', 'out of 100', RUNS)]
}

interface Filled {
  mock: Mock
  headers: Record<string, string>
}

async function filled(count: number): Promise<Filled> {
  const mock = createMock({ rateLimits: 1_000_000_000 })
  const base = mock.baseUrl('orbiter')
  const { email, password } = await mock.credentials('orbiter')
  const login = await mock.fetch(`${base}/api/v1/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email, password }) })
  const headers = { cookie: login.headers.get('set-cookie')!.split(';')[0]! }
  const state = structuredClone(await mock.snapshot())
  const { store } = state.systems['orbiter']!
  const [, like] = store.collections['projects']![0]!
  store.collections['projects'] = Array.from({ length: count }, (_, i) => [++store.seq, { ...like, id: `project-${i}`, name: `Project ${i}` }])
  await mock.restore(state)
  return { mock, headers }
}

async function page({ mock, headers }: Filled, calls: number): Promise<number> {
  const url = `${mock.baseUrl('orbiter')}/api/v1/projects?limit=20`
  const since = performance.now()
  for (let i = 0; i < calls; i++) {
    const { data } = (await (await mock.fetch(url, { headers })).json()) as { data: unknown[] }
    if (data.length !== 20) throw new Error(`a page of ${data.length}`)
  }
  return (performance.now() - since) / calls
}

/** What is held after 50,000 requests more, once everything that fills up is full. */
export async function heap(): Promise<Line[]> {
  const mock = createMock({ rateLimits: 1_000_000_000 })
  const url = mock.baseUrl('orckai') + URL_OF_ONE
  const held = (): number => {
    for (let i = 0; i < 4; i++) globalThis.gc!()
    return process.memoryUsage().heapUsed
  }
  await time(mock.fetch, url, 10_000)
  const growth: number[] = []
  for (let i = 0; i < 5; i++) {
    const before = held()
    await time(mock.fetch, url, 50_000)
    growth.push(((held() - before) / before) * 100)
  }
  await mock.close()
  return [line('heap over 50,000 requests, growth', median(growth), { atMost: 3 }, '%', 'itself', 5)]
}

/** All five systems as they are seeded, used in between: signed in to, written to, a job started, a stream read. */
export async function reset(): Promise<Line[]> {
  const runs = 101
  const mock = createMock({ rateLimits: 'documented', streamDelay: 0 })
  const times: number[] = []
  for (let i = 0; i < runs; i++) {
    await use(mock)
    const since = performance.now()
    await mock.reset()
    times.push(performance.now() - since)
  }
  const left = mock.journal.entries().length
  await mock.close()
  if (left > 0) throw new Error(`${left} requests outlived the reset`)
  return [line('reset of a world', median(times), { atMost: 1 }, 'ms', 'five systems, 31 requests each time', runs)]
}

async function use(mock: Mock): Promise<void> {
  const call = async (system: SystemName, path: string, body?: unknown, headers: Record<string, string> = KEY): Promise<Response> => {
    const init = body === undefined ? { headers } : { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
    const response = await mock.fetch(mock.baseUrl(system) + path, init)
    if (!response.ok) throw new Error(`${system} ${path}: ${response.status} ${await response.text()}`)
    return response
  }
  for (let i = 0; i < 20; i++) await call('orckai', '/agents', { name: `Agent ${i}` })
  await (await call('orckai', '/chat/stream', { message: 'What is the refund policy?' })).text()
  const { email, password } = await mock.credentials('orca')
  const { data } = (await (await call('orca', '/auth/login', { email, password }, {})).json()) as { data: { access_token: string } }
  const bearer = { authorization: `Bearer ${data.access_token}` }
  const { data: job } = (await (await call('orca', '/jobs', { name: 'Bench', file_ids: [101] }, bearer)).json()) as { data: { job_id: string } }
  await call('orca', `/jobs/${job.job_id}/start`, {}, bearer)
  const flexorch = { 'x-api-key': String((await mock.credentials('flexorch'))['apiKey']) }
  await call('flexorch', '/datasets', { name: 'Bench', execution_ids: [106] }, flexorch)
  await call('flexorch', '/datasets', undefined, flexorch)
  const klarefi = { authorization: `Bearer ${String((await mock.credentials('klarefi'))['apiKey'])}` }
  await call('klarefi', '/api/v1/me', undefined, klarefi)
  const login = await call('orbiter', '/api/v1/auth/login', await mock.credentials('orbiter'), {})
  const cookie = { cookie: login.headers.get('set-cookie')!.split(';')[0]! }
  const { token } = (await (await call('orbiter', '/api/v1/auth/csrf', undefined, cookie)).json()) as { token: string }
  await call('orbiter', '/api/v1/projects', { name: 'Bench' }, { ...cookie, 'x-csrf-token': token })
  await call('orbiter', '/api/v1/projects', undefined, cookie)
}
