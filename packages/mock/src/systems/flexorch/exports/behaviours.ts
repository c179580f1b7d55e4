import type { Context } from '../../../kernel/context.js'
import { defineResource } from '../../../kernel/definition.js'
import type { Reply } from '../../../kernel/reply.js'
import { invalid, same } from '../answers.js'
import { readyDataset } from '../dataset-facts.js'
import { FORMATS, formatOf } from './formats.js'
import { writeExport } from './write.js'

const GRADES = ['A', 'B', 'C', 'D']

export const exports = defineResource({
  behaviours: {
    'datasets.export': (c) => download(c, c.query['format']),
    'datasets.exportByFormat': (c) => download(c, c.path['format']!),
    'datasets.exportToS3': async (c) => {
      const dataset = readyDataset(c)
      const { format, connector_id, prefix = '' } = c.body
      if (!formatOf(format)) return invalid(c, `format must be one of ${FORMATS.join(', ')}`)
      const connector = c.store('connectors').find((row) => same(row.id, connector_id) && row['active'] === true)
      if (!connector) return c.missing('Connector')
      if (connector['type'] !== 's3') return invalid(c, `connector_id: ${connector['name']} is no S3 bucket`)
      return c.ok(await writeExport(c, dataset, connector, format, prefix))
    },
  },
})

async function download(c: Context, name: string): Promise<Reply> {
  const dataset = readyDataset(c)
  const format = formatOf(name)
  if (!format) return invalid(c, `format must be one of ${FORMATS.join(', ')}`)
  const minQuality = c.query['min_quality']
  if (minQuality !== undefined && !GRADES.includes(minQuality)) return invalid(c, 'min_quality must be A, B, C or D')
  return c.download(await format.write(c, dataset, minQuality), format.type, `${dataset['slug']}.${format.extension}`)
}
