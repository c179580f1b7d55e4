import { setupServer } from 'msw/node'
import { describe, expect, it } from 'vitest'
import { createMock } from '../index.js'

const KEY = 'oak_test_full_access_0000000000000000'
const headers = { 'X-API-Key': KEY }

describe('in process', () => {
  it('takes what fetch takes', async () => {
    const mock = createMock({ systems: ['orckai'], strict: true })
    const url = `${mock.baseUrl('orckai')}/agents`
    const json = { ...headers, 'Content-Type': 'application/json' }
    const body = '{"name":"x"}'
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(body))
        controller.close()
      },
    })
    const all = await Promise.all([
      mock.fetch(url, { method: 'POST', headers: json, body }),
      mock.fetch(new URL(url), { method: 'POST', headers: new Headers(json), body: new TextEncoder().encode(body) }),
      mock.fetch(new Request(url, { method: 'POST', headers: json, body })),
      mock.fetch(url, { method: 'POST', headers: Object.entries(json) as [string, string][], body: new Blob([body]) }),
      mock.fetch(url, { method: 'POST', headers: json, body: stream, duplex: 'half' } as RequestInit),
    ])
    expect(all.map((response) => response.status)).toEqual([201, 201, 201, 201, 201])
  })

  it('serves one system on the vendor’s own paths', async () => {
    const mock = createMock({ system: 'orckai' })
    expect((await mock.fetch('http://anything/api/v1/health')).status).toBe(200)
    expect((await mock.fetch('http://anything/orckai/api/v1/health')).status).toBe(200)
    const document = await mock.fetch('http://anything/openapi.json')
    expect(document.headers.get('content-type')).toBe('application/json')
    expect(((await document.json()) as { openapi: string }).openapi).toBe('3.1.0')
  })

  it('stops when told to', async () => {
    const mock = createMock({ systems: ['orckai'], streamDelay: 50 })
    const url = `${mock.baseUrl('orckai')}/chat/stream`
    const init = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: '{"message":"x"}' }
    await expect(mock.fetch(url, { ...init, signal: AbortSignal.abort() })).rejects.toThrow('abort')
    const abort = new AbortController()
    const response = await mock.fetch(url, { ...init, signal: abort.signal })
    const reading = response.text()
    setTimeout(() => abort.abort(), 20)
    await expect(reading).rejects.toThrow('abort')
    expect(mock.clock.alarms).toBe(0)
    const cancelled = await mock.fetch(url, init)
    await cancelled.body!.cancel()
    await expect.poll(() => mock.clock.alarms).toBe(0)
  })

  it('keeps its state between processes', async () => {
    let kept: string | undefined
    const state = { load: () => kept, save: (text: string) => void (kept = text) }
    const first = createMock({ systems: ['orckai'], state })
    const made = (await (await first.fetch(`${first.baseUrl('orckai')}/agents`, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: '{"name":"Kept"}' })).json()) as { data: { id: string } }
    const second = createMock({ systems: ['orckai'], state })
    expect((await second.fetch(`${second.baseUrl('orckai')}/agents/${made.data.id}`, { headers })).status).toBe(200)
    await second.reset()
    expect((await createMock({ systems: ['orckai'], state }).fetch(`${second.baseUrl('orckai')}/agents/${made.data.id}`, { headers })).status).toBe(404)
  })

  it('is one handler for requests and one for sockets in msw', async () => {
    const mock = createMock({ systems: ['orckai'] })
    const handlers = await mock.handlers('https://api.example')
    expect(handlers).toHaveLength(2)
    const server = setupServer(...handlers)
    server.listen({ onUnhandledRequest: 'error' })
    try {
      expect((await fetch('https://api.example/orckai/api/v1/agents', { headers })).status).toBe(200)
      expect((await fetch('https://api.example/orckai/api/v1/agents')).status).toBe(401)
      mock.fail('orckai', 'agents.list', { fault: 'reset' })
      await expect(fetch('https://api.example/orckai/api/v1/agents', { headers })).rejects.toThrow(TypeError)
    } finally {
      server.close()
    }
  })

  it('has an address for each system in msw', async () => {
    const mock = createMock({ systems: ['orckai', 'orbiter'], strict: true })
    const server = setupServer(...(await mock.handlers({ orckai: 'https://orckai.example', orbiter: 'https://orbiter.example/' })))
    server.listen({ onUnhandledRequest: 'error' })
    try {
      expect((await fetch('https://orckai.example/api/v1/agents', { headers })).status).toBe(200)
      const { email, password } = await mock.credentials('orbiter')
      const signedIn = await fetch('https://orbiter.example/api/v1/auth/login', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email, password }) })
      const cookie = signedIn.headers.get('set-cookie')!.split(';')[0]!
      expect((await fetch('https://orbiter.example/api/v1/projects', { headers: { cookie } })).status).toBe(200)
      // No cookie of one call goes along with the next: a test is not signed in by another.
      expect((await fetch('https://orbiter.example/api/v1/projects')).status).toBe(401)
    } finally {
      server.close()
    }
    await expect(mock.handlers({ orca: 'https://orca.example' })).rejects.toThrow(new TypeError('handlers: orca is not served by this mock'))
  })

  it('tells how to sign in', async () => {
    expect(await createMock().credentials('orckai')).toEqual({ apiKey: KEY })
  })

  it('makes a thousand worlds', async () => {
    const mock = createMock({ systems: ['orckai'] })
    for (let i = 0; i < 1_000; i++) expect((await mock.fetch(`${mock.baseUrl('orckai')}/agents`, { headers: { ...headers, 'x-mock-world': `w${i}` } })).status).toBe(200)
  })
})
