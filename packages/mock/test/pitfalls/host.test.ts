import { request } from 'node:http'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, vi } from 'vitest'
import { createMock } from '../../src/mock.js'
import { documentOf } from '../harness/documents.js'
import { SYSTEM_NAMES } from '../harness/arena.js'

// Minutes of work on a busy machine, seconds on a quiet one.
vi.setConfig({ testTimeout: 120_000 })

const KEY = { 'x-api-key': 'oak_test_full_access_0000000000000000' }

function get(port: number, path: string, headers: Record<string, string> = {}): Promise<{ status: number; headers: Record<string, unknown>; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ port, path, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (piece) => (text += piece)).on('end', () => resolve({ status: response.statusCode!, headers: response.headers, text }))
    })
    call.on('error', reject)
    call.end()
  })
}

describe('pitfalls: host and safety', () => {
  it('37. the control plane is for loopback or its token, and for no page of another origin', async () => {
    const mock = createMock({ systems: ['orckai'] })
    const open = await mock.listen()
    expect((await get(open.port, '/__orkit/clock')).status).toBe(200)
    expect((await get(open.port, '/__orkit/clock', { origin: 'https://evil.example' })).status).toBe(403)
    expect((await get(open.port, '/__orkit/clock', { host: 'evil.example' })).status, 'a rebound name').toBe(403)
    const answer = await get(open.port, '/orckai/api/v1/agents', { ...KEY, origin: 'https://evil.example' })
    expect([answer.headers['access-control-allow-origin'], answer.headers['access-control-allow-credentials']], 'no credentials for any page').toEqual(['*', undefined])
    const guarded = await mock.listen({ token: 'a token' })
    expect((await get(guarded.port, '/__orkit/clock')).status).toBe(403)
    expect((await get(guarded.port, '/__orkit/clock', { authorization: 'Bearer another' })).status).toBe(403)
    expect((await get(guarded.port, '/__orkit/clock', { authorization: 'Bearer a token' })).status).toBe(200)
    await mock.close()
  })

  it('38. the journal is a ring of 1,000, its secrets taken out, its bodies cut', async () => {
    const mock = createMock({ systems: ['orckai', 'orca'], rateLimits: 'off' })
    const [orckai, orca] = [mock.baseUrl('orckai'), mock.baseUrl('orca')]
    for (let i = 0; i < 1_200; i++) await mock.fetch(`${orckai}/health`)
    await mock.fetch(`${orca}/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json', cookie: 'secret-cookie' }, body: '{"email":"ada@example.com","password":"secret-password"}' })
    await mock.fetch(`${orckai}/agents`, { method: 'POST', headers: { 'x-api-key': 'secret-key', 'content-type': 'application/json' }, body: '{}' })
    await mock.fetch(`${orckai}/agents`, { method: 'POST', headers: { ...KEY, 'content-type': 'application/json' }, body: JSON.stringify({ name: 'x'.repeat(200_000) }) })
    const entries = mock.journal.entries()
    expect(entries).toHaveLength(1_000)
    expect(entries.at(-1)!.n).toBe(1_203)
    expect(JSON.stringify(entries)).not.toMatch(/secret-(?:cookie|password|key)/)
    expect(entries.at(-1)!.body!.length).toBeLessThanOrEqual(64 * 1024 + 200)
    await mock.close()
  })

  it('39. no document refers to anything outside itself', () => {
    for (const system of SYSTEM_NAMES) {
      const refs = JSON.stringify(documentOf(system)).match(/"\$ref":"[^"]*"/g) ?? []
      expect(refs.length).toBeGreaterThan(0)
      expect(refs.filter((ref) => !ref.startsWith('"$ref":"#/')), system).toEqual([])
    }
  })

  it('40. nothing global is replaced, in process or on a port', async () => {
    const names = ['fetch', 'Request', 'Response', 'Headers', 'FormData', 'WebSocket', 'ReadableStream', 'setTimeout', 'Date', 'crypto'] as const
    const before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name)?.value ?? (globalThis as Record<string, unknown>)[name])
    const mock = createMock()
    await mock.listen()
    await mock.handlers()
    for (const system of SYSTEM_NAMES) await mock.fetch(`${mock.baseUrl(system)}/nothing`)
    expect(names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name)?.value ?? (globalThis as Record<string, unknown>)[name])).toEqual(before)
    await mock.close()
  })

  it('41. the heap is flat over 5,000 requests', async () => {
    setFlagsFromString('--expose-gc')
    const gc = runInNewContext('gc') as () => void
    const mock = createMock({ systems: ['orckai'], rateLimits: 1_000_000 })
    const url = `${mock.baseUrl('orckai')}/agents/a1b2c3d4-0000-4000-8000-000000000001`
    const run = async (): Promise<number> => {
      for (let i = 0; i < 5_000; i++) await (await mock.fetch(url, { headers: KEY })).json()
      for (let i = 0; i < 3; i++) gc()
      return process.memoryUsage().heapUsed
    }
    await run()
    const first = await run()
    expect((await run()) / first).toBeLessThan(1.03)
    await mock.close()
  })
})
