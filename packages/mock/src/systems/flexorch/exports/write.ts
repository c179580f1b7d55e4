import type { SystemContext } from '../../../kernel/system-context.js'
import type { Row } from '../../../kernel/types.js'
import { formatOf } from './formats.js'

/** Puts an export into the bucket of a connector. */
export async function writeExport(c: SystemContext, dataset: Row, connector: Row, format: string, prefix: string): Promise<{ s3_key: string; size_bytes: number }> {
  const { extension, write } = formatOf(format)!
  const content = await write(c, dataset, undefined)
  const key = `${prefix}${dataset['slug']}.${extension}`
  const objects: string[] = c.store('connectors').get(connector.id)?.['_exports'] ?? []
  c.store('connectors').update(connector.id, { last_used_at: c.now(), _exports: [...objects.filter((one) => one !== key), key] })
  return { s3_key: key, size_bytes: typeof content === 'string' ? new TextEncoder().encode(content).length : content.length }
}
