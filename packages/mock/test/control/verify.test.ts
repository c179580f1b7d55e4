import { describe, expect, it } from 'vitest'
import { createMock, VerificationError } from '../../src/index.js'
import { AGENT, orckai } from './helpers.js'

const failure = (run: () => unknown): VerificationError => {
  try {
    run()
  } catch (error) {
    if (error instanceof VerificationError) return error
    throw error
  }
  throw new Error('it was verified')
}

async function used() {
  const mock = createMock({ systems: ['orckai'], rateLimits: 'off' })
  const call = orckai(mock)
  await call('/agents', { method: 'POST', body: '{"name":"Sales","systemPrompt":"Sell","llmConfig":{"model":"m1"},"password":"hunter2"}' })
  await call('/agents', { method: 'POST', body: '{"name":"Support","systemPrompt":"Help"}' })
  await call(`/agents/${AGENT}`)
  await call('/knowledge-bases?limit=5')
  return { mock, call }
}

describe('verify', () => {
  it('counts calls that fit, by body, query, status and headers', async () => {
    const { mock } = await used()
    expect(mock.verify('orckai', 'agents.create', { times: 2 })).toHaveLength(2)
    expect(mock.verify('orckai', 'agents.create', { times: 1, body: { name: 'Sales' } })[0]).toMatchObject({ n: 1, status: 201 })
    mock.verify('orckai', 'agents.create', { times: 1, body: { name: /^Sup/, systemPrompt: 'Help' } })
    mock.verify('orckai', 'agents.create', { atMost: 2, atLeast: 1, body: (body: { name?: string }) => body.name !== undefined })
    mock.verify('orckai', 'agents.delete', { times: 0 })
    mock.verify('orckai', 'knowledgeBases.list', { query: { limit: '5' }, headers: { 'X-API-Key': /^oak_/ } })
  })

  it('shows the nearest three and where they differ', async () => {
    const { mock } = await used()
    const error = failure(() => mock.verify('orckai', 'agents.create', { body: { name: 'Sales', llmConfig: { model: 'm2' } } }))
    expect(error.message).toBe(`Expected orckai agents.create with body {"name":"Sales","llmConfig":{"model":"m2"}} at least once, but there were 0 such requests among 4.
Nearest others:
  #1 orckai agents.create -> 201
    /body/llmConfig/model: expected "m2", got "m1"
  #2 orckai agents.create -> 201
    /body/name: expected "Sales", got "Support"
    /body/llmConfig: expected {"model":"m2"}, got nothing
  #4 orckai knowledgeBases.list -> 200
    /operation: expected "agents.create", got "knowledgeBases.list"
    /body: expected {"name":"Sales","llmConfig":{"model":"m2"}}, got nothing`)
    expect(error.verdict.nearest).toHaveLength(3)
    expect(failure(() => mock.verify('orckai', 'agents.create', { times: 1 })).message).toContain('exactly once, but there were 2 such requests among 4.\nThose that fit: #1, #2')
    expect(failure(() => mock.verify('orckai', 'agents.create', { body: { password: 'letmein' } })).message).not.toMatch(/hunter2|letmein/)
  })

  it('checks an order, with others in between', async () => {
    const { mock } = await used()
    mock.verifyOrder([['orckai', 'agents.create', { body: { name: 'Sales' } }], ['orckai', 'agents.get']])
    expect(failure(() => mock.verifyOrder([['orckai', 'agents.get'], ['orckai', 'agents.create']])).message).toContain('In order, step 2 of 2 after #3 (orckai agents.get): Expected orckai agents.create')
  })

  it('waits for a call', async () => {
    const { mock, call } = await used()
    expect(await mock.waitFor('orckai', 'agents.create', { body: { name: 'Sales' } })).toMatchObject({ n: 1 })
    const waiting = mock.waitFor('orckai', 'agents.delete', { status: 200 })
    await call(`/agents/${AGENT}`, { method: 'DELETE' })
    expect(await waiting).toMatchObject({ operationId: 'agents.delete' })
    await expect(mock.waitFor('orckai', 'agents.update', {}, 20)).rejects.toThrow(/Waited 20 ms\. Expected orckai agents\.update/)
  })
})

describe('the journal', () => {
  it('keeps a thousand, caps bodies, hides secrets', async () => {
    const { mock, call } = await used()
    await call('/agents', { method: 'POST', body: JSON.stringify({ name: 'x', systemPrompt: 'y'.repeat(100_000) }) })
    expect(mock.journal.entries().at(-1)!.body).toHaveLength(64 * 1024)
    for (let i = 0; i < 1_010; i++) await call('/health')
    const entries = mock.journal.entries()
    expect([entries.length, entries[0]!.n, mock.journal.total]).toEqual([1_000, 16, 1_015])
    await call('/agents', { method: 'POST', body: '{"name":"z","password":"hunter2","note":"oak_live_0123456789abcdef"}' })
    expect(JSON.stringify(mock.journal.entries())).not.toMatch(/hunter2|oak_/)
  })
})

describe('rules', () => {
  it('the next calls fail, then succeed', async () => {
    const { mock, call } = await used()
    const statuses = async (n: number) => {
      const out: number[] = []
      for (let i = 0; i < n; i++) out.push((await call(`/agents/${AGENT}`)).status)
      return out
    }
    mock.fail('orckai', 'agents.get', { status: 503, times: 2 })
    expect(await statuses(3)).toEqual([503, 503, 200])
    mock.fail('orckai', 'agents.get', { status: 429, skip: 1 })
    expect(await statuses(3)).toEqual([200, 429, 200])
    const applied = await call(`/agents/${AGENT}`, { headers: { prefer: 'code=500, unknown=1' } })
    expect([applied.status, applied.headers.get('preference-applied')]).toEqual([500, 'code=500'])
    expect((await call(`/agents/${AGENT}`, { headers: { prefer: 'code=99' } })).status).toBe(200)
  })

  it.each([
    [{ fault: 'explode' }, 'There is no fault explode'],
    [{ status: 42 }, 'status must be'],
    [{ stauts: 500 }, 'no member stauts'],
    [{ status: 500, times: 0 }, 'times must be'],
    [{}, 'needs status, delay or fault'],
  ])('%j is refused', async (rule, message) => {
    const { mock } = await used()
    expect(() => mock.faults.add(rule as never)).toThrow(message)
  })

  it.each([['reset', 'ECONNRESET'], ['garbage', 'HPE_INVALID_CONSTANT'], ['close', 'UND_ERR_SOCKET'], ['malformed-chunk', 'HPE_INVALID_CHUNK_SIZE']] as const)('%s is the same in process and over a port', async (fault, code) => {
    await using mock = createMock({ systems: ['orckai'] })
    for (const call of [orckai(mock), orckai(mock, await mock.listen())]) {
      mock.fail('orckai', 'agents.get', { fault })
      await expect(call(`/agents/${AGENT}`).then((response) => response.text())).rejects.toMatchObject({ cause: { code } })
      expect((await call(`/agents/${AGENT}`)).status).toBe(200)
    }
  })

  it('hang leaves the caller to its own timeout', async () => {
    await using mock = createMock({ systems: ['orckai'] })
    for (const call of [orckai(mock), orckai(mock, await mock.listen())]) {
      mock.fail('orckai', 'agents.get', { fault: 'hang' })
      await expect(call(`/agents/${AGENT}`, { signal: AbortSignal.timeout(60) })).rejects.toThrow(/timeout/)
    }
  })
})
