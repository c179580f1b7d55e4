import { subject } from '../../kernel/crud.js'
import { defineResource } from '../../kernel/definition.js'
import { MOST_NODES, readCanvas } from './canvas.js'
import { endRuns, JOB, runJob, RUNS, startOrQueue } from './execution.js'
import { watchRun } from './frames.js'
import { planRun } from './plan.js'
import { changes, cleaned, draft, STAMPS } from './rows.js'

const CANVAS = { nodes_json: '[]', edges_json: '[]', viewport_json: '{"x":0,"y":0,"zoom":1}' }

export const workflows = defineResource({
  collections: {
    workflows: {
      newestFirst: true,
      stamps: STAMPS,
      summary: (row) => ({ ...row, max_concurrent: null }),
      create(input, c) {
        c.store('projects').need(input['project_id'])
        return { ...cleaned(draft(c, 'workflows', ['name', 'project_id'], { description: '', ...CANVAS })), version: 1, status: 'draft', last_run_at: null, user_id: c.owner }
      },
      update: (_input, _row, c) => cleaned(changes(c, ['name', 'description', ...Object.keys(CANVAS), 'status'])),
      remove: (row, c) => endRuns(c, row.id),
      cascade: { [RUNS]: 'workflow_id' },
    },
    [RUNS]: {
      parent: { collection: 'workflows', field: 'workflow_id' },
      newestFirst: true,
      job: JOB,
      summary: ({ node_executions: _, ...row }) => row,
      filters: {
        start_date: (row, value) => row['created_at'] >= value,
        end_date: (row, value) => row['created_at'] <= value,
      },
      page: ({ limit, offset }) => ({ limit, offset }),
      cascade: { runs: 'id' },
    },
  },
  behaviours: {
    'workflows.run': (c) => {
      const workflow = c.store('workflows').need(c.path['workflow_id']!)
      const canvas = readCanvas(workflow)
      if (canvas === undefined) return c.error('VALIDATION_ERROR', 'Workflow canvas is not valid JSON')
      if (canvas.length === 0) return c.error('VALIDATION_ERROR', 'Workflow has no nodes')
      if (canvas !== 'cycle' && canvas.length > MOST_NODES) return c.error('VALIDATION_ERROR', `Workflow has more than ${MOST_NODES} nodes`)
      return c.ok(startOrQueue(c, workflow, planRun(c, workflow, (label) => c.outcome(label) === 'failure')))
    },
    'workflows.runs.cancel': (c) => {
      const run = subject(c)
      if (run['status'] !== 'pending' && run['status'] !== 'running') return c.error('VALIDATION_ERROR', `Run is already ${run['status']}`)
      c.world.jobs.cancel(JOB, String(run.id))
      return c.ok({ status: 'cancelled' })
    },
  },
  sockets: { 'workflows.runs.watch': watchRun },
  jobs: { [JOB]: runJob },
})
