import type { SystemContext } from '../../kernel/system-context.js'
import type { Json, Members, Row } from '../../kernel/types.js'

export interface Chunk {
  chunk_id: string
  chunk_index: number
  text: string
  token_count: number
  metadata: Members
}

const MAX_CHARACTERS = 400

/** The rows of a dataset as pieces of text: rows of one document together, as long as they fit. */
export function chunksOf(c: SystemContext, dataset: Readonly<Row>): Chunk[] {
  const out: Chunk[] = []
  for (const execution of executionsOf(c, dataset)) {
    const meta = execution['result_meta'] ?? {}
    const metadata = {
      quality_grade: meta.grade ?? null, quality_score: meta.score ?? null, pii_masked: meta.privacy_applied ?? true, doc_type: execution['document_type'] ?? null,
      language: meta.detected_language ?? null, source_filename: c.store('documents').get(execution['document_id'])?.['filename'] ?? null,
    }
    for (const text of texts(execution['records'] ?? [])) {
      const index = out.length
      out.push({ chunk_id: `chunk-${dataset.id}-${index}`, chunk_index: index, text, token_count: Math.ceil(text.length / 4), metadata })
    }
  }
  return out
}

export function executionsOf(c: SystemContext, dataset: Readonly<Row>): Row[] {
  return (dataset['_execution_ids'] ?? []).map((id: Json) => c.store('executions').get(id)).filter(Boolean)
}

export function textOfRow(row: Members): string {
  if (typeof row['text'] === 'string' && Object.keys(row).length <= 2) return row['text']
  return Object.entries(row).filter(([, value]) => value !== null && value !== '').map(([name, value]) => `${name}: ${value}`).join(', ')
}

function texts(rows: readonly Members[]): string[] {
  const out: string[] = []
  let current = ''
  for (const row of rows) {
    const text = textOfRow(row)
    if (current !== '' && current.length + text.length > MAX_CHARACTERS) {
      out.push(current)
      current = ''
    }
    current += (current === '' ? '' : '\n') + text
  }
  if (current !== '') out.push(current)
  return out
}
