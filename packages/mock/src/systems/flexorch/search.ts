import { rank } from '../../effects/search.js'
import type { Context } from '../../kernel/context.js'
import { defineResource } from '../../kernel/definition.js'
import type { Members, Row } from '../../kernel/types.js'
import { ReplyError } from '../../kernel/reply.js'
import { invalid, same } from './answers.js'
import { type Chunk, chunksOf } from './chunks.js'
import { includes, planOf, upgrade } from './plans.js'

const MODES = ['auto', 'semantic', 'hybrid', 'structured']
const ALPHA = 0.5

interface Source {
  dataset: Readonly<Row>
  chunk: Chunk
}

export const search = defineResource({
  behaviours: {
    'search.query': (c) => {
      const { query, top_k = 10, mode: asked = 'auto', filters = {} } = c.body
      if (!MODES.includes(asked)) return invalid(c, `mode must be one of ${MODES.join(', ')}`)
      const pro = includes(planOf(c), 'pro')
      const mode = asked === 'auto' ? (pro ? 'hybrid' : 'structured') : asked
      if (mode !== 'structured' && !pro) throw new ReplyError(c.world.errorReply(upgrade('pro')))
      const passages = sources(c, mode).filter((source) => fits(source, filters)).map((source) => ({ text: source.chunk.text, source }))
      const results = rank(passages, query, top_k).map(({ score, source: { dataset, chunk } }) => {
        const { doc_type, language, quality_grade, pii_masked } = chunk.metadata
        return {
          chunk_id: chunk.chunk_id, dataset_id: dataset.id, dataset_name: dataset['name'], score, text: chunk.text, chunk_index: chunk.chunk_index, token_count: chunk.token_count,
          metadata: { doc_type, language, quality_grade, pii_masked, mode },
        }
      })
      return { results, query, total_results: results.length, mode, alpha: mode === 'hybrid' ? ALPHA : null }
    },
  },
})

/** `structured` looks through the rows of every dataset, the others only through indexes. */
function sources(c: Context, mode: string): Source[] {
  const ready = c.store('datasets').slice({ where: (row) => row['status'] === 'ready' && (mode === 'structured' || row['_index']?.status === 'ready') })
  return ready.flatMap(({ row: dataset }) => {
    const chunks: readonly Chunk[] = dataset['_chunks']?.length ? dataset['_chunks'] : chunksOf(c, dataset)
    return chunks.map((chunk) => ({ dataset, chunk }))
  })
}

function fits({ dataset, chunk: { metadata } }: Source, filters: Members): boolean {
  const { document_type, language, pii_masked, quality_grade, dataset_id } = filters
  return (document_type === undefined || metadata['doc_type'] === document_type)
    && (language === undefined || metadata['language'] === language)
    && (pii_masked === undefined || metadata['pii_masked'] === pii_masked)
    && (quality_grade === undefined || String(quality_grade).toUpperCase().split(',').includes(metadata['quality_grade']))
    && (dataset_id === undefined || same(dataset.id, dataset_id))
}
