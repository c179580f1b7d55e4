import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

// The endpoint tables of the vendors' own documents, copied as facts: no operation or scope of a seed may be missing from ours.

interface SeedTable {
  readonly endpoints: readonly { readonly method: string; readonly path: string; readonly scope?: string; readonly websocket?: true }[]
  readonly scopes: readonly string[]
  readonly prefixes?: readonly string[]
}
interface Operation {
  readonly security?: readonly Record<string, readonly string[]>[]
  readonly 'x-orkit': { readonly origin: string }
}
interface Document {
  readonly servers: readonly { readonly url: string }[]
  readonly paths: Record<string, Record<string, Operation>>
  readonly components: { readonly securitySchemes: Record<string, { readonly description?: string }> }
}

const read = <T>(path: string) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as T
const seeds = read<Record<string, SeedTable>>('../fixtures/seeds.json')

/** `/v1/jobs/{job_id}`, `/api/v1/projects/:id` -> the same with `{}`: names of parameters are ours to choose. */
const shape = (path: string) => path.replace(/\{[^}]+\}|:\w+/g, '{}').replace(/\?.*$/, '')

for (const [system, seed] of Object.entries(seeds)) {
  describe(system, () => {
    const document = read<Document>(`../../spec/dist/${system}.gen.json`)
    const base = new URL(document.servers[0]!.url).pathname.replace(/\/$/, '')
    const known = new Map<string, Operation>()
    for (const [path, item] of Object.entries(document.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        for (const prefix of ['', base]) known.set(`${method.toUpperCase()} ${shape(prefix + path)}`, operation)
      }
    }

    for (const endpoint of seed.endpoints) {
      it(`${endpoint.method} ${endpoint.path}`, () => {
        const operation = known.get(`${endpoint.websocket ? 'GET' : endpoint.method} ${shape(endpoint.path)}`)
        expect(operation, 'is in the document').toBeDefined()
        expect(operation!['x-orkit'].origin).toBe('seed')
        if (endpoint.scope) expect(operation!.security?.flatMap((alternative) => Object.values(alternative).flat())).toContain(endpoint.scope)
      })
    }

    for (const prefix of seed.prefixes ?? []) {
      it(`has operations under ${prefix}`, () => {
        expect(Object.keys(document.paths).filter((path) => path.startsWith(prefix)).length).toBeGreaterThan(0)
      })
    }

    if (seed.scopes.length > 0) {
      it('names every scope', () => {
        const text = JSON.stringify(document.components.securitySchemes)
        expect(seed.scopes.filter((scope) => !text.includes(scope))).toEqual([])
      })
    }
  })
}
