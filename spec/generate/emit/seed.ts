/** `seed.gen.json`: the reference server's first world, as it is written in `seed.yaml`. */

import { isMap } from '../load.js'
import type { Model } from '../model.js'
import type { Report } from '../report.js'

export function emitSeed(model: Model, report: Report): string | undefined {
  const { seed } = model.source
  if (seed === undefined) return undefined
  if (!isMap(seed.data)) {
    report.add(seed.file, '', 'must be a map from collection to a list of objects')
    return undefined
  }
  for (const [collection, items] of Object.entries(seed.data)) {
    if (!Array.isArray(items) && !isMap(items)) report.add(seed.file, collection, 'must be a list of objects')
  }
  return `${JSON.stringify(seed.data, null, 1)}\n`
}
