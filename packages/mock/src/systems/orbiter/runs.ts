import { defineResource } from '../../kernel/definition.js'
import { JOB, QUEUE } from './execution.js'

/** Recorded executions: those of the seed, calls of deployments, and runs of workflows under the same id. */
export const runs = defineResource({
  collections: {
    runs: {
      newestFirst: true,
      job: JOB,
      present: (row, c) => ({
        ...row,
        agent_name: row['agent_id'] === null ? null : (c.store('agents').get(row['agent_id'])?.['name'] ?? row['agent_name']),
        workflow_name: row['workflow_id'] === null ? null : (c.store('workflows').get(row['workflow_id'])?.['name'] ?? row['workflow_name']),
      }),
      filters: {
        start_date: (row, value) => row['created_at'] >= value,
        end_date: (row, value) => row['created_at'] <= value,
        min_cost: (row, value) => row['total_cost'] >= value,
        offset: null,
      },
    },
  },
  behaviours: {
    'runs.queue.list': (c) => c.bare(c.store(QUEUE).all().map((entry, i) => ({ ...c.show(QUEUE, entry), position: i + 1 }))),
    'runs.queue.cancel': (c) => {
      const entry = c.store(QUEUE).need(c.path['queue_id']!, 'Queued run')
      c.store(QUEUE).remove(entry.id)
      return c.ok({ status: 'cancelled' })
    },
  },
})
