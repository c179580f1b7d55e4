import { chunk } from '../../effects/search.js'
import { readText } from '../../effects/text.js'
import type { Context } from '../../kernel/context.js'
import { defineResource } from '../../kernel/definition.js'
import type { Reply } from '../../kernel/reply.js'
import { DOCUMENTS } from './answer.js'
import { changes, cleaned, draft, STAMPS } from './rows.js'

const MAX_BYTES = 50 * 1024 * 1024
const KINDS = ['csv', 'docx', 'html', 'md', 'pdf', 'txt']
const SETTINGS = {
  description: '', embedding_model: 'text-embedding-3-small', chunk_size: 512, chunk_overlap: 50, search_type: 'keyword', top_k: 5, similarity_threshold: 0, reranker_enabled: false,
}

export const knowledgeBases = defineResource({
  collections: {
    knowledgeBases: {
      label: 'Knowledge base',
      newestFirst: true,
      stamps: STAMPS,
      create(input, c) {
        const project = input['project_id'] ?? null
        if (project !== null && !c.store('projects').get(project)) c.fail('VALIDATION_ERROR', 'Project not found')
        return { ...cleaned(draft(c, 'knowledgeBases', ['name'], SETTINGS)), doc_count: 0, chunk_count: 0, project_id: project, user_id: c.owner }
      },
      update: (_input, _row, c) => cleaned(changes(c, ['name', ...Object.keys(SETTINGS)])),
      cascade: { [DOCUMENTS]: 'kb_id' },
    },
    [DOCUMENTS]: { parent: { collection: 'knowledgeBases', field: 'kb_id', label: 'Knowledge base' }, newestFirst: true },
  },
  behaviours: { 'knowledgeBases.documents.upload': upload },
})

/** The file is read, cut and counted before the answer; its text is kept, the file is not. */
async function upload(c: Context): Promise<Reply> {
  const id = c.path['knowledge_base_id']!
  c.store('knowledgeBases').need(id)
  const file = c.file('file')
  if (!file) return c.error('VALIDATION_ERROR', 'Validation error', { fields: [{ field: 'file', message: 'Field required', type: 'missing' }] })
  const kind = /\.([a-z0-9]+)$/i.exec(file.name)?.[1]?.toLowerCase() ?? ''
  if (!KINDS.includes(kind)) return c.error('VALIDATION_ERROR', `Unsupported file type: ${kind || 'none'}. Allowed: ${KINDS.join(', ')}`)
  if (file.size > MAX_BYTES) return c.error('INTERNAL_ERROR', 'File too large', undefined, 413)
  if (file.size === 0) return c.error('VALIDATION_ERROR', 'File is empty')
  const text = await readText(file)
  if (text.trim() === '') return c.error('VALIDATION_ERROR', 'No text could be extracted from the file')
  // While the file was read, the knowledge base may have gone or changed.
  const base = c.store('knowledgeBases').need(id)
  const chunks = chunk(text, base['chunk_size']).length
  const document = c.store(DOCUMENTS).insert({
    id: c.id(DOCUMENTS), kb_id: id, filename: file.name, file_type: kind, file_size: file.size, chunk_count: chunks,
    metadata_json: JSON.stringify({ original_filename: file.name, content_type: file.type || 'application/octet-stream' }), status: 'completed', created_at: c.now(), _text: text,
  })
  c.store('knowledgeBases').update(id, { doc_count: base['doc_count'] + 1, chunk_count: base['chunk_count'] + chunks, updated_at: c.now() })
  return c.created(document)
}
