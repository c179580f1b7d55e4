import { subject } from '../../kernel/crud.js'
import { defineResource } from '../../kernel/definition.js'
import { accepted, pageMembers } from './answers.js'
import { type Chunk, chunksOf } from './chunks.js'
import { readyDataset } from './dataset-facts.js'

export const datasetIndex = defineResource({
  behaviours: {
    'datasets.index': (c) => {
      const dataset = readyDataset(c)
      const total = dataset['_chunks']?.length || chunksOf(c, dataset).length
      c.store('datasets').update(dataset.id, { _index: { status: 'indexing', chunks_indexed: 0, total_chunks: total } })
      c.start('index', String(dataset.id), c.outcome(dataset['name']) === 'failure' ? { fail: { reason: 'The chunks could not be embedded' } } : {})
      return accepted(c, { status: 'indexing', message: 'Indexing started', dataset_id: dataset.id })
    },
    'datasets.indexStatus': (c) => {
      const dataset = subject(c, 'datasets')
      const job = c.world.jobs.poll('index', String(dataset.id))
      const index = c.store('datasets').need(dataset.id)['_index']
      return index.status === 'indexing' && job ? { ...index, chunks_indexed: Math.floor((index.total_chunks * job.progress) / 100) } : index
    },
    'datasets.chunks': (c) => {
      const dataset = subject(c, 'datasets')
      if (dataset['_index']?.status !== 'ready') return c.error('NOT_FOUND', `Dataset ${dataset.id} is not indexed`)
      const grades = c.query['quality_grade'] === undefined ? undefined : String(c.query['quality_grade']).toUpperCase().split(',').map((grade) => grade.trim())
      const masked = c.query['pii_masked']
      const chunks: Chunk[] = dataset['_chunks']
      const found = chunks.filter(({ metadata }) => (grades === undefined || grades.includes(metadata['quality_grade'])) && (masked === undefined || metadata['pii_masked'] === masked))
      return c.page(found, pageMembers({ page: c.query['page'] ?? 1, limit: c.query['page_size'] ?? 20 } as Parameters<typeof pageMembers>[0], c))
    },
  },
  jobs: {
    index: {
      steps: [{ status: 'indexing' }],
      success: 'ready',
      failure: 'failed',
      enter(c, view) {
        const dataset = c.store('datasets').get(view.id)
        if (!dataset || !view.done) return
        if (view.outcome !== 'success') c.store('datasets').update(dataset.id, { _index: { ...dataset['_index'], status: 'failed' } })
        else {
          // The seed's chunks stay as they are.
          const chunks = dataset['_chunks']?.length ? dataset['_chunks'] : chunksOf(c, dataset)
          c.store('datasets').update(dataset.id, { _chunks: chunks, _index: { status: 'ready', chunks_indexed: chunks.length, total_chunks: chunks.length } })
        }
      },
    },
  },
})
