/** Objects of seed.yaml against the schema that their collection's `get` or `list` answers with. */

import { isMap } from '../load.js'
import type { Model, OperationModel } from '../model.js'
import type { Schema } from '../openapi.js'
import { schemaAt } from '../refs.js'
import type { Report } from '../report.js'
import { ValidatorSet } from '../validators/set.js'

export function checkSeeds(model: Model, report: Report): void {
  const { seed } = model.source
  if (seed === undefined || !isMap(seed.data)) return
  const validators = new ValidatorSet(model.document, () => undefined)
  for (const [collection, items] of Object.entries(seed.data)) {
    if (collection.startsWith('_')) continue
    const schema = itemSchema(model, collection)
    if (schema === undefined) continue
    const name = validators.use(schema, 'seed', 'response', collection)
    ;(Array.isArray(items) ? items : [items]).forEach((item, index) => {
      const label = isMap(item) && (typeof item['id'] === 'string' || typeof item['id'] === 'number') ? String(item['id']) : String(index)
      for (const fault of validators.check(name, withoutPrivate(item))) report.add(seed.file, `${collection} ${label}`, `does not match its schema: ${fault}`)
    })
  }
}

function itemSchema(model: Model, collection: string): Schema | undefined {
  const get = model.byId.get(`${collection}.get`)
  const list = model.byId.get(`${collection}.list`)
  const at = (operation: OperationModel, pointer: string): Schema | undefined => operation.json.map((body) => schemaAt(model.document, body.schema, pointer)).find((schema) => schema !== undefined)
  return (get === undefined ? undefined : at(get, get.payload)) ?? (list?.x.pagination === undefined ? undefined : at(list, `${list.x.pagination.items}/*`))
}

/** Members that begin with `_` are for the server alone. */
function withoutPrivate(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPrivate)
  return isMap(value) ? Object.fromEntries(Object.entries(value).filter(([name]) => !name.startsWith('_')).map(([name, member]) => [name, withoutPrivate(member)])) : value
}
