/** The generated files as they are committed: what the server runs accepts every example of the published documents. */

import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { RouteDocument } from '../../packages/mock/src/kernel/document.js'
import type { Validate } from '../../packages/mock/src/kernel/validator.js'
import { eachOperation } from './assemble.js'
import { SYSTEMS } from './load.js'
import type { Document, MediaType } from './openapi.js'
import { outputPath } from './outputs.js'
import { deref } from './refs.js'

const root = resolve(import.meta.dirname, '../..')
const GARBAGE = [undefined, null, true, 0, 'x', [], {}, [null], { id: {} }, { data: [{}] }, { success: 1, data: { items: [1] } }]

const examples = (media: MediaType | undefined): unknown[] => [...(media !== undefined && 'example' in media ? [media.example] : []), ...Object.values(media?.examples ?? {}).map(({ value }) => value)]

for (const system of SYSTEMS.filter((name) => existsSync(join(root, outputPath.routes(name))))) {
  describe(system, async () => {
    const document = JSON.parse(readFileSync(join(root, outputPath.document(system)), 'utf8')) as Document
    const { document: routes } = await import(/* @vite-ignore */ pathToFileURL(join(root, outputPath.routes(system))).href) as { document: RouteDocument }
    const byId = new Map(routes.routes.map((route) => [route.id, route]))

    it('has a route for every operation', () => {
      expect([...byId.keys()]).toEqual([...eachOperation(document)].map(({ operation }) => operation.operationId))
    })

    it('accepts the examples of every body and answer', () => {
      const faults: unknown[] = []
      const check = (where: string, validate: Validate | null | undefined, media: MediaType | undefined): void => {
        if (validate) for (const example of examples(media)) if (!validate(example)) faults.push([where, validate.errors])
      }
      for (const { operation } of eachOperation(document)) {
        const route = byId.get(operation.operationId!)!
        const body = operation.requestBody === undefined ? undefined : deref(document, operation.requestBody)
        for (const [type, media] of Object.entries(body?.content ?? {})) check(`${route.id} body`, route.body?.content[type], media)
        for (const [status, response] of Object.entries(operation.responses ?? {})) {
          for (const [type, media] of Object.entries(deref(document, response!).content ?? {})) check(`${route.id} ${status}`, route.responses[status]?.content?.[type], media)
        }
      }
      expect(faults).toEqual([])
    })

    it('has validators that never throw', () => {
      for (const route of routes.routes) {
        const all = [...route.parameters.map(({ validate }) => validate), ...Object.values(route.body?.content ?? {}), ...Object.values(route.responses).flatMap(({ content }) => Object.values(content ?? {})), route.stream?.event]
        for (const validate of all) if (validate) for (const value of GARBAGE) expect(typeof validate(value)).toBe('boolean')
      }
    })
  })
}
