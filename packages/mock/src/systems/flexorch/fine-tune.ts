import { subject } from '../../kernel/crud.js'
import { defineResource } from '../../kernel/definition.js'
import { accepted, invalid } from './answers.js'
import { snake } from './reading/tables.js'
import { organization } from './plans.js'

export const fineTune = defineResource({
  collections: { fineTune: { label: 'Fine-tuning job', id: 'integer', key: 'job_id', present: ({ id: _, ...row }) => row } },
  behaviours: {
    'fineTune.create': (c) => {
      const { dataset_id, model, suffix = null } = c.body
      const dataset = c.store('datasets').need(dataset_id)
      if (dataset['status'] !== 'ready' || dataset['row_count'] === 0) return invalid(c, `dataset_id: dataset ${dataset.id} has no rows to train on`)
      const id = c.id('_fineTune', 'ft-')
      const job = c.store('fineTune').insert({ job_id: id, status: 'queued', dataset_id: dataset.id, model, suffix, fine_tuned_model: null, error: null, created_at: c.now(), completed_at: null })
      c.start('fineTune', id, c.outcome(model, suffix ?? undefined) === 'failure' ? { fail: { reason: 'The provider refused the training file' } } : {})
      return accepted(c, c.show('fineTune', job))
    },
    'fineTune.get': (c) => {
      const job = subject(c)
      const id = String(job['job_id'])
      // One that the seed shows under way goes on when somebody first looks at it.
      if (['queued', 'running'].includes(job['status']) && !c.job('fineTune', id)) c.start('fineTune', id)
      else c.world.jobs.poll('fineTune', id)
      return c.ok(c.show('fineTune', c.store('fineTune').need(job.id)))
    },
  },
  jobs: {
    fineTune: {
      steps: [{ status: 'queued' }, { status: 'running', share: 4 }],
      success: 'completed',
      failure: 'failed',
      factor: 3,
      enter(c, view) {
        const job = c.store('fineTune').find((row) => row['job_id'] === view.id)
        if (!job || (view.status === 'queued' && job['status'] === 'running')) return
        const name = ['ft', job['model'], snake(organization(c)['name']), ...(job['suffix'] ? [job['suffix']] : [])].join(':')
        c.store('fineTune').update(job.id, {
          status: view.status,
          ...(view.done && { completed_at: c.now() }),
          ...(view.outcome === 'success' && { fine_tuned_model: name }),
          ...(view.outcome === 'failure' && { error: view.reason }),
        })
      },
    },
  },
})
