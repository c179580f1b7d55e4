import type { SystemContext } from '../../kernel/system-context.js'
import type { Json } from '../../kernel/types.js'
import { sha256Hex } from '../../world/hash.js'
import { invalid, same } from './answers.js'
import { extensionOf, type Incoming, synthetic } from './intake.js'
import { EXTENSIONS } from './reading/read.js'

export interface Rejected {
  filename: string
  error: string
}

/** Objects of a connector. A seeded bucket has those it lists, any other has what is asked for. */
export function pull(c: SystemContext, source: Json, rejected: Rejected[]): Incoming[] {
  const { connector_id, keys } = source ?? {}
  if (!Array.isArray(keys) || keys.length === 0 || keys.some((key) => typeof key !== 'string')) return invalid(c, 'source.keys must be a list of keys')
  const connector = c.store('connectors').find((row) => same(row.id, connector_id) && row['active'] === true)
  if (!connector) return invalid(c, `source.connector_id: there is no connector ${connector_id}`)
  c.store('connectors').update(connector.id, { last_used_at: c.now() })
  const incoming: Incoming[] = []
  for (const key of keys as string[]) {
    if (!EXTENSIONS.has(extensionOf(key).slice(1))) rejected.push({ filename: key, error: 'UNSUPPORTED_FILE' })
    else if (connector['_objects'] && !connector['_objects'].includes(key)) rejected.push({ filename: key, error: 'NOT_FOUND' })
    else incoming.push({ ...synthetic(key), hash: sha256Hex(`${connector.id}/${key}`), size: 0, source: { connector_id: connector.id, key } })
  }
  return incoming
}
