/** Objects of seed.yaml against the schemas that the operations of their collection answer with: each must match one of them. */

import { isMap } from '../load.js'
import type { Model, OperationModel } from '../model.js'
import type { Schema } from '../openapi.js'
import { oneOrNone, schemaAt } from '../refs.js'
import type { Report } from '../report.js'
import { ValidatorSet } from '../validators/set.js'

export function checkSeeds(model: Model, report: Report): void {
  const { seed } = model.source
  if (seed === undefined || !isMap(seed.data)) return
  const validators = new ValidatorSet(model.document, () => undefined)
  for (const [collection, items] of Object.entries(seed.data)) {
    if (collection.startsWith('_')) continue
    const names = [...new Set(answers(model, collection).map((schema) => validators.use(schema, 'seed', 'response', collection)))]
    if (names.length === 0) continue
    ;(Array.isArray(items) ? items : [items]).forEach((item, index) => {
      const label = isMap(item) && (typeof item['id'] === 'string' || typeof item['id'] === 'number') ? String(item['id']) : String(index)
      const faults = names.map((name) => validators.check(name, withoutPrivate(item)))
      if (faults.some((list) => list.length === 0)) return
      for (const fault of faults[0]!) report.add(seed.file, `${collection} ${label}`, `does not match the schema of its collection: ${fault}`)
    })
  }
}

/** What `get` answers, an item of `list`, then what the other methods of the resource answer. */
function answers(model: Model, collection: string): Schema[] {
  const rank = ({ id }: OperationModel): number => ['get', 'list'].indexOf(id.slice(collection.length + 1)) + 1 || 3
  const own = model.operations.filter(({ segments, kind }) => segments.slice(0, -1).join('.') === collection && kind !== 'download').toSorted((a, b) => rank(a) - rank(b))
  if (own.length === 0 || rank(own[0]!) === 3) return []
  return own.flatMap((operation) => operation.json.flatMap((body) => oneOrNone(schemaAt(model.document, body.schema, operation.x.pagination === undefined ? operation.payload : `${operation.x.pagination.items}/*`))))
}

/** Members that begin with `_` are for the server alone. */
function withoutPrivate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrivate)
  return isMap(value) ? Object.fromEntries(Object.entries(value).filter(([name]) => !name.startsWith('_')).map(([name, member]) => [name, withoutPrivate(member)])) : value
}
