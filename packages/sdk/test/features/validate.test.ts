import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMock } from '../../../mock/src/index.js'
import { json, rejection, serve, type TestServer } from '../fixture/server.js'
import type { Policy } from '../../src/core/pipeline.js'
import { DecodeError } from '../../src/core/errors/index.js'
import { Orckai } from '../../src/systems/orckai/index.js'
import { validate, ResponseValidationError } from '../../src/systems/orckai/validate.js'
import type { ResponseIssue, ResponseSchemas } from '../../src/validate/index.js'

let server: TestServer
beforeEach(async () => { server = await serve() })
afterEach(() => server.close())

const client = (policy: Policy, options = {}) => new Orckai({ apiKey: 'oak_x', baseUrl: server.url, policies: [policy], ...options })
const good = { id: 'a', name: 'Sales', agentType: 'conversational', status: 'active' }

describe('validate', () => {
  it('error: rejects and names the path that differs, and never the value', async () => {
    server.handle((_, response) => json(response, 200, { success: true, data: [{ id: 'a', name: 'n' }, { id: 'b', name: { secret: 'value-of-it' } }] }, { 'x-request-id': 'r-1' }))
    const error = await rejection(client(validate('error')).agents.list().toArray())
    expect(error).toBeInstanceOf(ResponseValidationError)
    expect(error).toBeInstanceOf(DecodeError)
    expect(error.issues).toContainEqual({ path: '/data/1/name', message: expect.stringContaining('expected string') })
    expect(error.message).toMatch(/^agents\.list: the answer differs from the document at \/data\/0\/isActive: Invalid input: expected boolean, received undefined \(and at \d more\)$/)
    expect(JSON.stringify(error) + error.message).not.toContain('value-of-it')
    expect(server.seen).toHaveLength(1)
  })

  it('warn: tells the logger once for each place, and gives the answer', async () => {
    server.handle((_, response) => json(response, 200, { success: true, data: [{ ...good, name: 1 }, { ...good, name: 2 }] }))
    const logger = { error: vi.fn(), warn: vi.fn(), info: vi.fn(), debug: vi.fn() }
    const orckai = client(validate(), { logger })
    for (let i = 0; i < 3; i++) expect((await orckai.agents.list()).items).toHaveLength(2)
    const said = logger.warn.mock.calls.filter(([text]) => String(text).includes('/data/0/name'))
    expect(said).toHaveLength(1)
    const drift: [string, readonly ResponseIssue[]][] = []
    await client(validate('warn', { onIssue: (operation, issues) => drift.push([operation, issues]) })).agents.list()
    expect(drift[0]).toMatchObject(['agents.list', expect.arrayContaining([{ path: '/data/0/name', message: expect.anything() }])])
  })

  it('off: looks at nothing; unknown members and new enum values are never an issue', async () => {
    server.handle((_, response) => json(response, 200, { success: true, data: [{ name: 5 }] }))
    expect((await client(validate('off')).agents.list()).items).toHaveLength(1)
    expect(() => validate('loud' as never)).toThrow(/off, warn or error/)
    const mock = createMock({ systems: ['orckai'] })
    const at = { ...await mock.credentials('orckai'), baseUrl: mock.baseUrl('orckai'), allowInsecureHttp: true }
    const [agent] = await new Orckai({ ...at, fetch: mock.fetch }).agents.list().toArray()
    await mock.close()
    server.handle((_, response) => json(response, 200, { success: true, data: [{ ...agent, agentType: 'of-tomorrow', status: 'dreaming', more: { of: 'it' } }], meta: 1 }))
    expect(await client(validate('error')).agents.list().toArray()).toHaveLength(1)
  })
})

describe.each(['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'] as const)('the schemas of %s', (system) => {
  it('accept every example of the document', async () => {
    const { schemas } = await import(`../../src/systems/${system}/schemas.gen.ts`) as { schemas: ResponseSchemas }
    const { validate: policyOf } = await import(`../../src/systems/${system}/validate.ts`) as { validate: typeof validate }
    const document = JSON.parse(readFileSync(new URL(`../../../../spec/dist/${system}.gen.json`, import.meta.url), 'utf8'))
    const issues: unknown[] = []
    let checked = 0
    const policy = policyOf('warn', { onIssue: (operation, found) => issues.push([operation, found]) })
    for (const path of Object.values<Record<string, any>>(document.paths)) {
      for (const { operationId, responses } of Object.values(path).filter((each) => each?.operationId !== undefined)) {
        for (const status of Object.keys(schemas.responses[operationId] ?? {})) {
          const media = responses[status]?.content?.['application/json']
          for (const example of [media?.example, ...Object.values<any>(media?.examples ?? {}).map(({ value }) => value)].filter((each) => each !== undefined)) {
            checked++
            await policy({} as never, async () => ({ op: { id: operationId }, status: Number(status), text: 'x', json: () => example }) as never)
          }
        }
      }
    }
    expect(issues).toEqual([])
    expect(checked).toBeGreaterThan(5)
  })
})

it('is reachable only by who asks for it', async () => {
  const sources = ['../../src/core/client.ts', '../../src/systems/orckai/client.ts', '../../src/systems/orckai/index.ts', '../../src/index.ts', '../../src/core/index.ts']
  for (const path of sources) expect(readFileSync(new URL(path, import.meta.url), 'utf8')).not.toMatch(/zod|schemas\.gen|validate/)
})
