import { chunk, rank } from '../../effects/search.js'
import { kindOf, readText } from '../../effects/text.js'
import { crud } from '../../kernel/crud.js'
import { defineResource } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Json } from '../../kernel/types.js'

const DOCUMENTS = 'knowledgeBases.documents'
const PARENT = '_knowledgeBaseId'

export const knowledgeBases = defineResource({
  collections: {
    knowledgeBases: {
      label: 'Knowledge base',
      create: (input) => ({ description: null, ...input, documentCount: 0 }),
      stamps: { created: 'createdAt', updated: 'updatedAt' },
      present: (row, c) => ({ ...row, documentCount: documents(c, row.id).length }),
      cascade: { [DOCUMENTS]: PARENT },
    },
    [DOCUMENTS]: { parent: { collection: 'knowledgeBases', field: PARENT, label: 'Knowledge base' }, job: DOCUMENTS },
  },
  jobs: {
    // The text is there from the start; what the job brings is that it can be searched.
    [DOCUMENTS]: {
      steps: [{ status: 'processing' }],
      success: 'ready',
      enter(c, job) {
        const row = c.store(DOCUMENTS).get(job.id)
        if (!row || !job.done) return
        const ready = job.outcome === 'success'
        c.store(DOCUMENTS).update(job.id, { status: job.status, chunkCount: ready ? chunk(row['_text'] ?? '').length : 0, error: job.reason ?? null })
      },
    },
  },
  behaviours: {
    'knowledgeBases.documents.upload': async (c) => {
      const base = c.store('knowledgeBases').need(c.path['id']!, 'Knowledge base')
      const file = c.file('file')
      if (!file) return c.error('BAD_REQUEST', 'file is required')
      const text = await readText(file)
      const failed = c.outcome(file.name) === 'failure'
      // While the file was read, the knowledge base may have gone.
      c.store('knowledgeBases').update(base.id, { updatedAt: c.now() })
      const row = c.store(DOCUMENTS).insert({
        name: file.name || 'document', fileType: kindOf(file), fileSize: file.size, status: 'processing',
        chunkCount: 0, error: null, createdAt: c.now(), [PARENT]: base.id, _text: text,
      })
      c.start(DOCUMENTS, String(row.id), { fail: failed ? { step: 'processing', reason: 'The text could not be read' } : undefined })
      return c.created(c.store(DOCUMENTS).need(row.id))
    },
    // The list is where the state of a document shows, so a look at it is a poll.
    'knowledgeBases.documents.list': (c) => {
      for (const row of documents(c, c.path['id']!)) if (row['status'] === 'processing') c.world.jobs.poll(DOCUMENTS, String(row.id))
      return crud(c)
    },
    'knowledgeBases.search': (c) => {
      const base = c.store('knowledgeBases').need(c.path['id']!, 'Knowledge base')
      const passages = documents(c, base.id).filter((row) => row.status === 'ready').flatMap((row) => chunk(row['_text'] ?? '').map((text) => ({ text, source: row['name'] as string })))
      return c.ok(rank(passages, c.body.query, c.body.limit ?? 5).map(({ text, score, source }) => ({ content: text, score, documentName: source })))
    },
  },
})

function documents(c: SystemContext, base: string | number): Json[] {
  return c.store(DOCUMENTS).all((row) => row[PARENT] === base)
}
