import type { Context } from '../../kernel/context.js'
import { defineResource } from '../../kernel/definition.js'
import { positionOf } from '../../kernel/paging.js'
import type { Json, Row } from '../../kernel/types.js'
import { visibleJobs } from './access.js'
import { price, spend } from './billing.js'
import { has, profileOf } from './files.js'
import { entered, finish, JOB, resumed, showJob, STAGES } from './job-rows.js'
import { watchJob } from './watch.js'

/** Nothing but these can be started; the rest answers as it stands, since no failure is documented for it. */
const STARTABLE = new Set(['queued', 'failed', 'cancelled'])

export const jobs = defineResource({
  collections: { jobs: { label: 'Job', present: showJob } },
  jobs: { [JOB]: { steps: STAGES, success: 'completed', enter: entered } },
  behaviours: {
    'jobs.list': (c) => {
      const where = visibleJobs(c)
      const rows = c.store('jobs')
      const { limit, offset } = positionOf(c)
      const items = rows.slice({ ...(where && { where }), skip: offset, limit }).map(({ row }) => c.show('jobs', row))
      const total = rows.count(where)
      return c.pageOf({ kind: 'cut', items, total, next: null, hasMore: offset + items.length < total })
    },
    'jobs.create': (c) => {
      const ids: (string | number)[] = [...new Map(c.body.file_ids.map((id: string | number) => [String(id), id])).values()] as (string | number)[]
      const found = ids.map((id) => c.store('files').need(id))
      const row = c.store('jobs').insert({
        name: c.body.name ?? null, status: 'queued', stage: null, progress: 0, file_ids: found.map((file) => file.id),
        files: found.map((file) => ({ file_id: file.id, file_name: file['file_name'], status: 'queued', percentage: 0 })),
        error: null, created_at: c.now(), completed_at: null, _owner: c.actor.user, ...(c.body.options && { _options: c.body.options }),
      })
      return c.show('jobs', row)
    },
    'jobs.get': (c) => {
      const row = resumed(c, jobOf(c))
      c.world.jobs.poll(JOB, String(row.id))
      return c.show('jobs', jobOf(c))
    },
    'jobs.start': (c) => {
      const row = resumed(c, jobOf(c))
      if (STARTABLE.has(row['status'])) run(c, row)
      return c.show('jobs', jobOf(c))
    },
    'jobs.cancel': (c) => {
      const row = jobOf(c)
      if (c.world.jobs.cancel(JOB, String(row.id))) return c.show('jobs', jobOf(c))
      if (row['status'] === 'queued' || row['status'] === 'processing') finish(c, row, 'cancelled', row['progress'])
      return c.show('jobs', jobOf(c))
    },
    // Runs before the upgrade: an unknown job is a plain 404.
    'jobs.watch': (c) => void jobOf(c),
  },
  sockets: { 'jobs.watch': watchJob },
})

/** The job of the path, where the user may see it. */
export function jobOf(c: Context): Row {
  const row = c.store('jobs').need(c.path['job_id']!, 'Job')
  return (visibleJobs(c)?.(row) ?? true) ? row : c.missing('Job')
}

/** Takes the tokens and starts. What is wrong with a file, its name or the `X-Mock-Outcome` header decides how it ends. */
function run(c: Context, row: Row): void {
  const found = row['file_ids'].map((id: string | number) => c.store('files').get(id)).filter(Boolean) as Row[]
  const asked = c.header('x-mock-outcome')
  const broken = found.map((file) => ({ id: String(file.id), why: profileOf(file).error ?? (c.outcome(file['file_name'], row['name']) === 'failure' ? `${file['file_name']} could not be classified` : undefined) })).filter(({ why }) => why !== undefined)
  c.store('jobs').update(row.id, { _from: 0, error: null, completed_at: null, progress: 0, columns: [] })
  const missing = row['file_ids'].find((id: string | number) => !has(found.map((file) => file.id), id))
  const refusal = missing === undefined ? spend(c, found.reduce((sum, file) => sum + profileOf(file).columns.length, 0) * price(c, 'column')) : `File ${missing} was deleted`
  const all = refusal ?? (broken.length === found.length ? broken[0]!.why : undefined)
  const degraded = asked === 'degraded' || (asked !== 'success' && c.outcome(row['name'], ...found.map((file) => file['file_name'] as string)) === 'degraded')
  const note: Json = broken.length > 0 ? broken.map(({ why }) => why).join('; ') : degraded ? 'Some columns could not be classified' : null
  c.start(JOB, String(row.id), { data: { bad: broken.map(({ id }) => id), degraded, note }, ...(all !== undefined && { fail: { step: 'reading', reason: all } }) })
}
