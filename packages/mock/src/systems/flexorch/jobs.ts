import { subject } from '../../kernel/crud.js'
import { defineResource } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Row } from '../../kernel/types.js'
import { invalid, pageMembers, same } from './answers.js'

const RATINGS = ['up', 'down', 'positive', 'negative']
const ISSUES = [
  'wrong_doc_type', 'missing_fields', 'wrong_values', 'pii_missed', 'pii_over_masked', 'other',
  'wrong_fields', 'missing_data', 'wrong_classification', 'pii_not_masked', 'missed_pii', 'incorrect_summary', 'poor_extraction',
]

export const jobs = defineResource({
  collections: { jobs: { newestFirst: true, page: pageMembers } },
  behaviours: {
    'jobs.get': (c) => {
      const job = subject(c)
      look(c, job)
      return c.show('jobs', c.store('jobs').need(job.id))
    },
    'jobs.feedback.submit': (c) => {
      const job = c.store('jobs').need(c.path['id']!)
      const { rating, issue = null, notes = null } = c.body
      if (job['status'] !== 'completed') return invalid(c, 'Feedback is for completed jobs')
      if (!RATINGS.includes(rating)) return invalid(c, `rating must be one of ${RATINGS.join(', ')}`)
      if (issue !== null && !ISSUES.includes(issue)) return invalid(c, `issue must be one of ${ISSUES.join(', ')}`)
      const feedback = { job_id: job.id, rating, issue, notes, created_at: c.now() }
      const before = feedbackOf(c, job)
      return c.ok(before ? c.store('jobs.feedback').update(before.id, feedback) : c.store('jobs.feedback').insert(feedback))
    },
    'jobs.feedback.get': (c) => c.ok(feedbackOf(c, c.store('jobs').need(c.path['id']!)) ?? null),
  },
})

/** Counts as a poll. A job that the seed shows under way goes on when somebody first looks at it. */
function look(c: SystemContext, job: Row): void {
  const kind = job['job_type'] === 'dataset_build' ? 'build' : 'process'
  const id = String(job.id)
  if (['queued', 'running'].includes(job['status']) && !c.job(kind, id)) c.start(kind, id)
  else c.world.jobs.poll(kind, id)
}

function feedbackOf(c: SystemContext, job: Row): Row | undefined {
  return c.store('jobs.feedback').find((row) => same(row['job_id'], job.id))
}
