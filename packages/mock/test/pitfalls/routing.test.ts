import { describe, expect, it, vi } from 'vitest'
import { readParameters } from '../../src/gates/validate.js'
import { Router } from '../../src/kernel/route.js'
import { arena, SYSTEM_NAMES } from '../harness/arena.js'
import { describeOperation, documentOf, exampleOf, type Json, resolve } from '../harness/documents.js'
import { errorFault } from '../harness/shapes.js'
import { anything, operation } from '../fixture.js'

// Minutes of work on a busy machine, seconds on a quiet one.
vi.setConfig({ testTimeout: 120_000 })

describe('pitfalls: routing and parameters', () => {
  it('1. a concrete path beats a template whatever the order of the document', async () => {
    for (const system of SYSTEM_NAMES) {
      const at = await arena(system)
      for (const routes of [at.operations, at.operations.toReversed(), at.operations.toSorted((a, b) => (a.path < b.path ? 1 : -1))]) {
        const router = new Router([...routes])
        for (const one of routes) {
          const { parameters } = describeOperation(at.document, one.id)
          const path = one.path.replaceAll(/\{([^}]*)\}/g, (_, name: string) => encodeURIComponent(String(exampleOf(parameters.find((parameter) => parameter.name === name)))))
          expect(router.match(one.method, path), `${system} ${one.method} ${path}`).toMatchObject({ kind: 'found', route: { id: one.id } })
        }
      }
      await at.mock.close()
    }
  })

  it('2. partial segments are anchored at both ends, in linear time', () => {
    const router = new Router([{ method: 'GET', path: '/files/report-{id}' }, { method: 'GET', path: '/{a}-{b}-{c}-{d}-x' }])
    expect([router.match('GET', '/files/report-5').kind, router.match('GET', '/files/xreport-5').kind, router.match('GET', '/files/report-').kind]).toEqual(['found', 'missing', 'missing'])
    const since = performance.now()
    expect(router.match('GET', `/${'-'.repeat(100_000)}`).kind).toBe('missing')
    expect(performance.now() - since).toBeLessThan(1_000)
  })

  it('3. an escape is decoded once, after splitting; a bad one is a 4xx; slashes and case are explicit', async () => {
    for (const system of SYSTEM_NAMES) {
      const at = await arena(system)
      const one = at.operations.find(({ method, path, security }) => method === 'GET' && path.includes('{') && security.length > 0)!
      const call = (value: string) => at.call('GET', one.path.replace(/\{[^}]*\}/, value), at.auth(one))
      expect((await call('a%2Fb')).status, `${system}: stays one segment`).toBe(404)
      for (const bad of ['%', '%zz', '%E0%A4%A']) {
        const answer = await call(bad)
        expect([400, 422], `${system} ${bad}`).toContain(answer.status)
        expect(errorFault(system, answer)).toBeUndefined()
      }
      // Orbiter's server sends a slash at the end on, and every other way to write a path nowhere.
      expect((await at.call('GET', one.path.split('{')[0]!, at.auth(one))).status, `${system}: a slash at the end`).toBe(system === 'orbiter' ? 307 : 404)
      for (const path of [`${one.path.toUpperCase().split('{')[0]}X`, `/${one.path}`]) expect((await at.call('GET', path, at.auth(one))).status, path).toBe(404)
      await at.mock.close()
    }
  })

  it('4. parameters of a path item count for each of its operations, and an operation has the last word', async () => {
    for (const system of SYSTEM_NAMES) {
      const at = await arena(system)
      const document = documentOf(system)
      for (const item of Object.values<Json>(document.paths)) {
        const shared: Json[] = (item.parameters ?? []).map((parameter: Json) => resolve(document, parameter))
        for (const raw of Object.values<Json>(item)) {
          if (!raw?.operationId) continue
          const compiled = at.operation(raw.operationId).parameters
          for (const { name, in: place } of shared) expect(compiled.filter((parameter) => parameter.name === name && parameter.in === place), `${raw.operationId} ${name}`).toHaveLength(1)
        }
      }
      await at.mock.close()
    }
  })

  it('5. one value of an array is still an array; lists come repeated or with commas; only parameters are coerced', async () => {
    const list = operation('x.list', 'GET', '/x', { parameters: [
      { name: 'ids', in: 'query', type: 'array', items: 'integer', validate: anything }, { name: 'flag', in: 'query', type: 'boolean', validate: anything }, { name: 'n', in: 'query', type: 'integer', validate: anything },
    ] })
    const read = (query: string) => readParameters(list, {}, { method: 'GET', path: '/x', query, headers: {}, ip: '', origin: '', body: () => undefined }).query
    expect([read('ids=1').ids, read('ids=1,2').ids, read('ids=1&ids=2').ids, read('ids[]=3').ids]).toEqual([[1], [1, 2], [1, 2], [3]])
    expect([read('flag=true').flag, read('flag=0').flag, read('n=12').n, read('n=1x').n, read('n=').n]).toEqual([true, false, 12, '1x', ''])
    // The other styles (spaceDelimited, pipeDelimited, deepObject) do not occur; the day they do, this says so.
    for (const system of SYSTEM_NAMES) {
      const at = await arena(system)
      for (const one of at.operations) for (const parameter of describeOperation(at.document, one.id).parameters) expect(parameter.style ?? 'form', `${one.id} ${parameter.name}`).toBe('form')
      await at.mock.close()
    }
  })

  it('6. HEAD is GET without a body, an undefined method 405 with Allow, and a declared OPTIONS answers itself', async () => {
    for (const system of SYSTEM_NAMES) {
      const at = await arena(system)
      for (const one of at.operations.filter(({ method, path, stream }) => method === 'GET' && !path.includes('{') && stream === undefined)) {
        await at.fresh()
        const get = await at.send(one)
        await at.fresh()
        const head = await at.call('HEAD', one.path + query(at.document, one.id), at.auth(one))
        expect([head.status, head.text], `${system} ${one.id}`).toEqual([get.status, ''])
      }
      const one = at.operations.find(({ path, method }) => method === 'GET' && !path.includes('{'))!
      const wrong = await at.call('TRACE', one.path, at.auth(one))
      expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, expect.stringContaining('GET')])
      expect(wrong.headers.get('allow')).toContain('HEAD')
      expect(errorFault(system, wrong)).toBeUndefined()
      await at.mock.close()
    }
    const orbiter = await arena('orbiter')
    expect((await orbiter.send(orbiter.operation('deployments.preflight'), { headers: { origin: 'https://example.com' } })).status).toBe(204)
    expect((await orbiter.call('OPTIONS', '/api/v1/agents')).headers.get('allow')).toContain('POST')
    await orbiter.mock.close()
  })
})

function query(document: Json, id: string): string {
  const required = describeOperation(document, id).parameters.filter((parameter) => parameter.in === 'query' && parameter.required)
  return required.length === 0 ? '' : `?${new URLSearchParams(Object.fromEntries(required.map((parameter) => [parameter.name, String(exampleOf(parameter))])))}`
}
