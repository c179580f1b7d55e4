import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { formats } from '../../src/kernel/formats.js'
import { accepted } from '../../src/kernel/negotiate.js'
import { defineSystem } from '../../src/kernel/system.js'
import { client, definition, document as fixtureDocument, operation } from '../fixture.js'
import { arbitraryOf } from '../fuzz/arbitrary.js'
import { arena, SYSTEM_NAMES } from '../harness/arena.js'
import { describeOperation, documentOf, exampleOf } from '../harness/documents.js'
import { errorFault } from '../harness/shapes.js'

// Minutes of work on a busy machine, seconds on a quiet one.
vi.setConfig({ testTimeout: 120_000 })

const route = (id: string, more: object) => defineSystem({ ...definition, document: { ...fixtureDocument, routes: [operation(id, 'GET', '/one', more)] }, collections: {}, behaviours: {}, resources: [] })

describe('pitfalls: validation', () => {
  it('7. nothing fails open: every JSON body and answer has its validator, and an operation without a behaviour is an error at once', async () => {
    for (const system of SYSTEM_NAMES) {
      const at = await arena(system)
      for (const { id, body, responses } of at.operations) {
        for (const [type, validate] of Object.entries(body?.content ?? {})) expect(validate, `${id} ${type}`).toBeTypeOf('function')
        for (const [status, { content }] of Object.entries(responses)) if (content && 'application/json' in content) expect(content['application/json'], `${id} ${status}`).toBeTypeOf('function')
      }
      await at.mock.close()
    }
    expect(() => route('nobody.answers', {})).toThrow('nobody.answers')
    // What stands deep inside is looked at too.
    const orckai = await arena('orckai')
    const step = { id: 's', name: 'S', type: 'agent', config: {} }
    expect((await orckai.send(orckai.operation('workflows.create'), { body: { name: 'x', trigger: { type: 'manual', config: {} }, steps: [step, { ...step, type: 42 }] } })).status).toBe(400)
    await orckai.mock.close()
  })

  it('8. the whole answer is checked: status, body, and content type', async () => {
    const { call } = client({ strict: true })
    for (const path of ['/wrong', '/wrong-status']) expect((await call('GET', path)).headers.get('x-mock-contract-violation')).toContain('mock_contract_violation')
    const typed = defineSystem({
      ...definition, document: { ...fixtureDocument, routes: [operation('a.b', 'GET', '/one')] }, collections: {}, resources: [],
      behaviours: { 'a.b': (c) => c.download('<a/>', 'application/xml') },
    })
    expect((await client({ strict: true }, undefined, typed).call('GET', '/one')).headers.get('x-mock-contract-violation')).toContain('application/xml')
  })

  it('9. validation changes nothing: no defaults, no removals, no coercion of bodies', async () => {
    for (const system of SYSTEM_NAMES) {
      const at = await arena(system)
      for (const one of at.operations) {
        const validate = one.body?.content['application/json']
        if (!validate) continue
        const { content } = describeOperation(at.document, one.id)
        fc.assert(fc.property(arbitraryOf(at.document, content['application/json'].schema), (value) => {
          const before = JSON.stringify(value)
          validate(deepFreeze(value))
          expect(JSON.stringify(value), one.id).toBe(before)
        }), { numRuns: 20 })
      }
      await at.mock.close()
    }
  })

  it('10. a mapping of a discriminator is honoured, not ignored: no document has one that the validators do not know', () => {
    // The generator rewrites each mapping to if/then (spec/generate has its tests); none of the five documents needs one today.
    for (const system of SYSTEM_NAMES) {
      const mapped = JSON.stringify(documentOf(system)).match(/"discriminator":\{[^}]*"mapping"/g) ?? []
      expect(mapped, system).toEqual([])
    }
  })

  it('11. what is only written is never sent back', async () => {
    for (const system of SYSTEM_NAMES) {
      const at = await arena(system)
      const secret = 'written-only-0000'
      for (const one of at.operations.filter(({ method, path }) => method === 'POST' && !path.includes('/auth/') && !path.includes('{'))) {
        const { content } = describeOperation(at.document, one.id)
        const media = content['application/json']
        if (!media?.example || typeof media.example !== 'object') continue
        const written = Object.keys(media.example).filter((name) => /password|api_key|secret/.test(name))
        if (written.length === 0) continue
        const answer = await at.send(one, { body: { ...media.example, ...Object.fromEntries(written.map((name) => [name, secret])) } })
        expect(answer.text, `${system} ${one.id}`).not.toContain(secret)
      }
      await at.mock.close()
    }
  })

  it('12. null unions, const, allOf and references are what the schema says', async () => {
    const at = await arena('orbiter')
    const update = at.operation('projects.update')
    const path = { project_id: 'b0000000-0000-4000-8000-000000000001' }
    expect((await at.send(update, { path, body: { name: 'x', default_model: null } })).status).toBe(200)
    expect((await at.send(update, { path, body: { name: 42 } })).status).toBe(422)
    for (const system of SYSTEM_NAMES) {
      const one = await arena(system)
      for (const described of one.operations) {
        const validate = described.body?.content['application/json']
        const { content } = describeOperation(one.document, described.id)
        if (validate && content['application/json'].example !== undefined) expect(validate(content['application/json'].example), `${described.id}: ${JSON.stringify(validate.errors)}`).toBe(true)
      }
      await one.mock.close()
    }
    await at.mock.close()
  })

  it('13. formats: what is refused is never made, offsets and leap seconds are known', () => {
    const check = (format: string, value: string): boolean => (formats[format] as (text: string) => boolean)(value)
    expect(['2026-03-01T12:00:00+05:30', '2016-12-31T23:59:60Z', '2026-03-01T12:00:00.123456Z'].map((value) => check('date-time', value))).toEqual([true, true, true])
    expect(['2026-02-30T00:00:00Z', '2026-03-01', '2026-03-01T25:00:00Z', ''].map((value) => check('date-time', value))).toEqual([false, false, false, false])
    expect([check('duration', 'P'), check('duration', 'P1DT2H'), check('date', '2024-02-29'), check('date', '2026-02-29')]).toEqual([false, true, true, false])
  })

  it('14. a text as JSON has its quotes; 204, 304 and HEAD have neither body nor content type', async () => {
    const texts = defineSystem({ ...definition, document: { ...fixtureDocument, routes: [operation('a.b', 'GET', '/one'), operation('a.c', 'DELETE', '/one', { success: 204, responses: { 204: {} } })] }, collections: {}, resources: [], behaviours: { 'a.b': (c) => c.bare('text'), 'a.c': (c) => c.noContent() } })
    const { call } = client({}, undefined, texts)
    expect((await call('GET', '/one')).body).toBe('text')
    expect((await call('GET', '/one')).headers.get('content-type')).toBe('application/json')
    for (const method of ['DELETE', 'HEAD']) {
      const answer = await call(method, '/one')
      expect([answer.body, method === 'DELETE' ? answer.headers.get('content-type') : null]).toEqual([undefined, null])
    }
  })

  it('15. an example is an example, falsy or not, and fits its schema', async () => {
    expect([exampleOf({ example: 0 }), exampleOf({ example: '' }), exampleOf({ example: false })]).toEqual([0, '', false])
    for (const system of SYSTEM_NAMES) {
      const at = await arena(system)
      for (const one of at.operations) {
        for (const parameter of one.parameters) {
          const described = describeOperation(at.document, one.id).parameters.find(({ name, in: place }) => name === parameter.name && place === parameter.in)
          if (described.example !== undefined) expect(parameter.validate(described.example), `${one.id} ${parameter.name}`).toBe(true)
        }
      }
      await at.mock.close()
    }
  })

  it('16. Accept has weights; 406 and 415 are neither 400 nor 422', async () => {
    expect([accepted('*/*;q=0.8', ['application/json']), accepted('text/html, application/*;q=0.1', ['application/json']), accepted('application/json;q=0, */*', ['application/json'])]).toEqual(['application/json', 'application/json', undefined])
    for (const system of SYSTEM_NAMES) {
      const at = await arena(system)
      const get = at.operations.find(({ method, path, id, stream }) => method === 'GET' && !path.includes('{') && stream === undefined && !/export|health/.test(id) && describeOperation(at.document, id).parameters.every((parameter) => !parameter.required))!
      const image = await at.send(get, { headers: { accept: 'image/png' } })
      expect([image.status, errorFault(system, image)], get.id).toEqual([406, undefined])
      expect((await at.send(get, { headers: { accept: 'text/html;q=0.9, */*;q=0.8' } })).status, get.id).toBe(200)
      const post = at.operations.find(({ method, body, id }) => method === 'POST' && body?.content['application/json'] && !id.startsWith('auth'))!
      const text = await at.send(post, { headers: { 'content-type': 'text/plain' } })
      // Orbiter's server reads no object out of a text: its documented answer is a 422 of its own.
      expect(text.status, post.id).toBe(system === 'orbiter' ? 422 : 415)
      expect(errorFault(system, text), post.id).toBeUndefined()
      await at.mock.close()
    }
  })
})

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value)
    for (const member of Object.values(value)) deepFreeze(member)
  }
  return value
}

