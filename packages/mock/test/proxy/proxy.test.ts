import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Orckai } from '@orkit/sdk/orckai'
import { afterEach, describe, expect, it } from 'vitest'
import { createMock, createProxy, type Mock, type Proxy } from '../../src/index.js'

const KEY = 'oak_test_full_access_0000000000000000'
const AGENT = 'a1b2c3d4-0000-4000-8000-000000000001'
const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one.close()
})

/** A server that passes everything on to `target` and twists the JSON that comes back. */
async function distorting(target: string, twist: (body: any, path: string) => { status?: number; body: unknown } | undefined): Promise<string> {
  const server: Server = createServer((request, response) => {
    void (async () => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const answer = await fetch(target + request.url!, { method: request.method!, headers: { 'x-api-key': KEY, ...(chunks.length > 0 && { 'content-type': request.headers['content-type']! }) }, ...(chunks.length > 0 && { body: Buffer.concat(chunks) }) })
      const body = (await answer.json()) as unknown
      const twisted = twist(structuredClone(body), request.url!)
      response.writeHead(twisted?.status ?? answer.status, { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] }).end(JSON.stringify(twisted?.body ?? body))
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push({ close: () => new Promise((resolve) => server.close(resolve)) })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function behind(twist?: Parameters<typeof distorting>[1]): Promise<{ mock: Mock; proxy: Proxy; reports: number }> {
  const mock = createMock({ systems: ['orckai'], rateLimits: 'off', streamDelay: 1 })
  open.push(mock)
  const base = `${(await mock.listen()).url}/orckai/api/v1`
  const state = { mock, reports: 0 } as { mock: Mock; proxy: Proxy; reports: number }
  state.proxy = await createProxy({ system: 'orckai', target: twist ? await distorting(base, twist) : base, onDrift: () => void state.reports++ })
  open.push(state.proxy)
  return state
}

describe('mock proxy', () => {
  it('changes nothing and finds nothing where the service keeps to the document', async () => {
    const { proxy } = await behind()
    const orckai = new Orckai({ apiKey: KEY, baseUrl: proxy.baseUrl })
    expect((await orckai.agents.list().toArray()).length).toBeGreaterThan(0)
    const made = await orckai.agents.create({ name: 'Through' })
    expect(await orckai.agents.get(made.id)).toMatchObject({ name: 'Through' })
    await expect(orckai.agents.get('none')).rejects.toMatchObject({ status: 404 })
    let words = 0
    for await (const _ of await orckai.chat.stream({ message: 'hello' })) words++
    expect(words).toBeGreaterThan(2)
    const report = proxy.report()
    expect(report.findings).toEqual([])
    expect(report.operations).toMatchObject({ 'agents.get': { 200: 1, 404: 1 }, 'chat.stream': { 200: 1 } })
  })

  it('reports each way in which answers depart', async () => {
    const state = await behind((body, path) => {
      if (path === '/health') return { status: 418, body }
      if (path !== `/agents/${AGENT}`) return undefined
      const { name: _, ...rest } = body.data
      return { body: { ...body, data: { ...rest, isActive: 'yes', createdAt: 'yesterday', mood: 'good', echo: KEY } } }
    })
    const { proxy } = state
    const headers = { 'x-api-key': KEY }
    for (let i = 0; i < 2; i++) await (await fetch(`${proxy.baseUrl}/agents/${AGENT}`, { headers })).text()
    const health = await fetch(`${proxy.baseUrl}/health`)
    expect([health.status, health.headers.getSetCookie()]).toEqual([418, ['a=1', 'b=2']])
    await health.text()
    const { findings } = proxy.report()
    const about = { direction: 'answer', operation: 'agents.get', status: 200, count: 2 }
    expect(findings).toEqual(expect.arrayContaining([
      { ...about, kind: 'missing-field', pointer: '/body/data/name' },
      { ...about, kind: 'wrong-type', pointer: '/body/data/isActive', expected: 'boolean', seen: '"yes"' },
      { ...about, kind: 'unknown-field', pointer: '/body/data/mood', seen: '"good"' },
      { ...about, kind: 'unknown-field', pointer: '/body/data/echo', seen: '"[redacted]"' },
      expect.objectContaining({ kind: 'undocumented-status', operation: 'health.get', status: 418 }),
    ]))
    expect(findings).toHaveLength(5)
    expect(state.reports).toBe(2)
    expect(JSON.stringify(proxy.report())).not.toContain(KEY)
  })

  it('reports values that only the validator refuses, and unknown members in lists', async () => {
    const { proxy } = await behind((body, path) => (path === `/agents/${AGENT}` ? { body: { ...body, data: { ...body.data, createdAt: 'yesterday' } } } : { body: { ...body, data: body.data.map((agent: object) => ({ ...agent, rank: 1 })) } }))
    await (await fetch(`${proxy.baseUrl}/agents/${AGENT}`)).text()
    await (await fetch(`${proxy.baseUrl}/agents`)).text()
    expect(proxy.report().findings).toMatchObject([
      { operation: 'agents.get', kind: 'invalid-value', pointer: '/body/data/createdAt' },
      { operation: 'agents.list', kind: 'unknown-field', pointer: '/body/data/*/rank', count: 1 },
    ])
  })

  it('reports what requests do, without their secrets', async () => {
    const { proxy } = await behind()
    const headers = { 'x-api-key': KEY, 'content-type': 'application/json' }
    await (await fetch(`${proxy.baseUrl}/agents?token=${KEY}&colour=red`, { headers })).text()
    await (await fetch(`${proxy.baseUrl}/agents`, { method: 'POST', headers, body: JSON.stringify({ nam: 'x', password: 'hunter2' }) })).text()
    await (await fetch(`${proxy.baseUrl}/nowhere`, { headers })).text()
    const text = JSON.stringify(proxy.report())
    expect(proxy.report().findings).toEqual(expect.arrayContaining([
      expect.objectContaining({ direction: 'request', kind: 'undocumented-operation', pointer: 'GET /api/v1/nowhere' }),
      expect.objectContaining({ operation: 'agents.create', kind: 'missing-field', pointer: '/body/name' }),
      expect.objectContaining({ operation: 'agents.create', kind: 'unknown-field', pointer: '/body/password', seen: '[redacted]' }),
      expect.objectContaining({ operation: 'agents.list', kind: 'undocumented-parameter', pointer: '/query/colour', seen: '"red"' }),
    ]))
    expect(text).not.toMatch(new RegExp(`${KEY}|hunter2`))
  })

  it('passes on what is larger than this server would take, in chunks too', async () => {
    const lengths: number[] = []
    const target = createServer((request, response) => {
      let length = 0
      request.on('data', (chunk: Buffer) => (length += chunk.length))
      request.on('end', () => {
        lengths.push(length)
        response.writeHead(413, { 'content-type': 'application/json' }).end('{"success":false,"error":"Too large","code":"BAD_REQUEST"}')
      })
    })
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve))
    open.push({ close: () => new Promise((resolve) => target.close(resolve)) })
    const proxy = await createProxy({ system: 'orckai', target: `http://127.0.0.1:${(target.address() as AddressInfo).port}/api/v1` })
    open.push(proxy)
    const bytes = new TextEncoder().encode(JSON.stringify({ name: 'x'.repeat(9_000_000) }))
    for (const body of [bytes, new Blob([bytes]).stream()]) {
      const answer = await fetch(`${proxy.baseUrl}/agents`, { method: 'POST', headers: { 'content-type': 'application/json' }, body, duplex: 'half' } as RequestInit)
      expect([answer.status, await answer.text()]).toEqual([413, expect.stringContaining('Too large')])
    }
    expect(lengths).toEqual([bytes.length, bytes.length])
  })

  it('says when the target is away', async () => {
    const proxy = await createProxy({ system: 'orckai', target: 'http://127.0.0.1:9' })
    open.push(proxy)
    const away = await fetch(`${proxy.baseUrl}/agents`)
    expect([away.status, away.headers.get('content-type')]).toEqual([502, 'application/json'])
    await expect(createProxy({ system: 'orckai', target: 'file:///etc/passwd' })).rejects.toThrow('target')
  })
})
