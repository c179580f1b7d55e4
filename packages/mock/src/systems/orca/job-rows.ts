import type { JobView } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Json, Members, Row } from '../../kernel/types.js'
import { profileOf } from './files.js'
import { watchOver } from './monitoring.js'
import { percent, resume } from './progress.js'

export const JOB = 'job'
export const STAGES = [{ status: 'reading', share: 2 }, { status: 'classifying', share: 6 }, { status: 'scoring', share: 2 }] as const

interface FileState {
  file_id: string | number
  file_name: string
  status: string
  percentage: number
}

/** Files are worked through one after the other. */
export function filesAt(files: readonly FileState[], progress: number): FileState[] {
  return files.map((file, i) => {
    const percentage = Math.max(0, Math.min(100, Math.floor((progress / 100) * files.length * 100 - i * 100)))
    return { ...file, percentage, status: percentage === 0 && i > 0 ? 'queued' : percentage === 100 ? 'completed' : 'processing' }
  })
}

/** The job as the API shows it: between two changes of state its percentage follows the engine. */
export function showJob(row: Row, c: SystemContext): Json {
  const view = row['status'] === 'processing' ? c.job(JOB, String(row.id)) : undefined
  const live = view && !view.done ? percent(row, view) : undefined
  return {
    job_id: row.id, name: row['name'] ?? null, status: row['status'], stage: row['stage'] ?? null, progress: live ?? row['progress'], file_ids: row['file_ids'],
    files: live === undefined ? row['files'] : filesAt(row['files'], live), ...(row['columns'] && { columns: row['columns'] }),
    error: row['error'] ?? null, created_at: row['created_at'], completed_at: row['completed_at'] ?? null,
  }
}

/** Lets a seeded job go on. */
export function resumed(c: SystemContext, row: Row): Row {
  if (row['status'] !== 'processing' || c.job(JOB, String(row.id))) return row
  resume(c, 'jobs', row, JOB, STAGES.slice(Math.max(0, STAGES.findIndex(({ status }) => status === row['stage']))))
  return c.store('jobs').need(row.id)
}

/** Follows the engine: called at every change of state. */
export function entered(c: SystemContext, view: JobView): void {
  const row = c.store('jobs').get(view.id)
  if (!row) return
  if (view.outcome !== undefined) return finish(c, row, view.outcome, view.outcome === 'success' ? 100 : percent(row, view), view)
  const progress = percent(row, view)
  c.store('jobs').update(row.id, { status: 'processing', stage: view.status, progress, files: filesAt(row['files'], progress) })
  mark(c, row, 'processing')
}

/** Brings a job to its end; the engine's view says what was wrong on the way. */
export function finish(c: SystemContext, row: Row, outcome: 'success' | 'failure' | 'cancelled', progress: number, view?: JobView): void {
  const bad: string[] = view?.data?.bad ?? []
  const jobs = c.store('jobs')
  const ended: Members = { progress, completed_at: c.now(), error: view?.reason ?? view?.data?.note ?? null }
  if (outcome === 'success') {
    const good = row['file_ids'].filter((id: string | number) => !bad.includes(String(id)))
    Object.assign(ended, {
      status: bad.length > 0 || view?.data?.degraded ? 'partial' : 'completed',
      stage: 'done',
      columns: good.flatMap((id: string | number) => columnsOf(c, id)),
      files: row['files'].map((file: FileState) => ({ ...file, ...(bad.includes(String(file.file_id)) ? { status: 'failed' } : { status: 'completed', percentage: 100 }) })),
    })
  } else {
    const state = outcome === 'failure' ? 'failed' : 'cancelled'
    Object.assign(ended, { status: state, files: filesAt(row['files'], progress).map((file) => (outcome === 'failure' && file.status === 'processing' ? { ...file, status: 'failed' } : file)) })
  }
  const updated = jobs.update(row.id, ended)
  mark(c, updated, outcome === 'cancelled' ? 'uploaded' : outcome === 'failure' ? 'failed' : 'completed', bad)
  if (outcome === 'success') watchOver(c, updated)
}

function columnsOf(c: SystemContext, id: string | number): Members[] {
  const file = c.store('files').get(id)
  return file ? profileOf(file).columns.map(({ name, classification, confidence }) => ({ name, classification, confidence, file_id: file.id })) : []
}

function mark(c: SystemContext, job: Row, status: string, bad: readonly string[] = []): void {
  const files = c.store('files')
  for (const id of job['file_ids']) if (files.get(id)) files.update(id, { status: bad.includes(String(id)) ? 'failed' : status })
}
