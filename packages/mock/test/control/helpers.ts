import type { Mock, SystemName } from '../../src/index.js'
import type { Json } from '../../src/kernel/types.js'

export const KEY = 'oak_test_full_access_0000000000000000'
export const AGENT = 'a1b2c3d4-0000-4000-8000-000000000001'
export const CHAT = { method: 'POST', body: '{"message":"What is the refund policy of an annual plan?"}' }

/** Calls Orckai, in process or over a port. */
export function orckai(mock: Mock, over?: { url: string }) {
  const base = over ? `${over.url}/orckai/api/v1` : mock.baseUrl('orckai')
  return (path: string, init: RequestInit & { headers?: Record<string, string> } = {}) =>
    (over ? fetch : mock.fetch)(base + path, { ...init, headers: { 'X-API-Key': KEY, ...(init.body !== undefined && { 'content-type': 'application/json' }), ...init.headers } })
}

/** What a connection says of itself, not the server's answer. */
const OF_THE_WIRE = new Set(['connection', 'keep-alive', 'date', 'transfer-encoding', 'content-length'])

/** One story through several systems: reads, writes, errors, a job, a stream, a fault. Everything that came back, as text. */
export async function transcript(mock: Mock, over?: { url: string }, pause: () => Promise<unknown> = async () => {}): Promise<string> {
  const lines: string[] = []
  const bases = Object.fromEntries(await Promise.all((['orckai', 'orca', 'klarefi', 'flexorch', 'orbiter'] as const).map(async (system) => [system, over ? over.url + new URL(mock.baseUrl(system)).pathname : mock.baseUrl(system)])))
  const call = async (system: SystemName, method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Json> => {
    const response = await (over ? fetch : mock.fetch)(bases[system] + path, { method, headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) }, ...(body !== undefined && { body: JSON.stringify(body) }) })
    const text = await response.text()
    lines.push(`${system} ${method} ${path} ${response.status}`, ...[...response.headers].filter(([name]) => !OF_THE_WIRE.has(name)).map(([name, value]) => `${name}: ${value}`).toSorted(), text)
    await pause()
    await mock.advance(400)
    return text.startsWith('{') ? JSON.parse(text) : undefined
  }
  const key = { 'x-api-key': KEY }
  const made = await call('orckai', 'POST', '/agents', { name: 'Teller' }, key)
  await call('orckai', 'GET', `/agents/${made.data.id}`, undefined, key)
  await call('orckai', 'GET', '/agents/none', undefined, key)
  await call('orckai', 'POST', '/chat/stream', { message: 'Say it again' }, key)
  await call('orckai', 'GET', '/agents', undefined, { ...key, prefer: 'code=503' })
  const { data } = await call('orca', 'POST', '/auth/login', { email: 'ada@example.com', password: 'correct horse battery staple' })
  await call('orca', 'GET', '/jobs', undefined, { authorization: `Bearer ${data.access_token}` })
  await call('flexorch', 'GET', '/datasets', undefined, { 'x-api-key': String((await mock.credentials('flexorch'))['apiKey']) })
  await call('klarefi', 'GET', '/api/v1/me', undefined, { authorization: `Bearer ${String((await mock.credentials('klarefi'))['apiKey'])}` })
  await call('orbiter', 'POST', '/api/v1/auth/login', { email: 'ada@example.com', password: 'wrong' })
  return lines.join('\n')
}
