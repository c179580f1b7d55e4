import type { SystemName } from '../../src/systems/index.js'
import type { Arena } from '../harness/arena.js'
import type { Json } from '../harness/documents.js'
import { id as orbiterId } from '../orbiter.js'

/** One kind of job: how it is begun, how it is looked at, and what it has to tell on the way. */
export interface Story {
  system: SystemName
  /** Kind in the engine. */
  kind: string
  /** Begins one that ends like that and returns its id. */
  begin(at: Arena, outcome: Outcome): Promise<string>
  /** Its state by polling, in one word. */
  poll(at: Arena, id: string): Promise<string>
  /** Its state in a list, or by another operation. */
  elsewhere?(at: Arena, id: string): Promise<string>
  states: Readonly<Partial<Record<Outcome, readonly string[]>>>
  /** Events that webhooks and event lists tell, in order. */
  events?: Readonly<Partial<Record<Outcome, readonly string[]>>>
  /** Those of them that only event lists tell. */
  feedOnly?: readonly string[]
  /** Events of it by polling, where there is a list of them. */
  told?(at: Arena, id: string): Promise<string[]>
}

/** Wants every event: Klarefi's seed has it, FlexOrch's stories register it. */
export const ENDPOINT = 'https://hooks.example.com/klarefi'

export type Outcome = 'success' | 'failure' | 'degraded'

/** A knowledge base of Orckai's seed. */
const BASE = 'd4e5f6a7-0000-4000-8000-000000000001'

const asked = (outcome: Outcome) => ({ 'x-mock-outcome': outcome })
const dataOf = async (at: Arena, operation: string, path: Record<string, string>): Promise<Json> => (await at.send(at.operation(operation), { path })).body.data

function form(part: string, name: string, text: string): FormData {
  const made = new FormData()
  made.append(part, new File([text], name))
  return made
}

export const stories: readonly Story[] = [
  {
    system: 'orca', kind: 'job',
    async begin(at, outcome) {
      const { job_id } = (await at.send(at.operation('jobs.create'), { body: { name: 'Story', file_ids: [101] } })).body.data
      await at.send(at.operation('jobs.start'), { path: { job_id }, headers: asked(outcome) })
      return job_id
    },
    poll: async (at, job_id) => {
      const { status, stage } = await dataOf(at, 'jobs.get', { job_id })
      return status === 'processing' ? stage : status
    },
    elsewhere: async (at, job_id) => (await at.send(at.operation('jobs.list'), { query: { limit: '200' } })).body.data.find((job: Json) => job.job_id === job_id).status,
    states: { success: ['reading', 'classifying', 'scoring', 'completed'], failure: ['reading', 'failed'], degraded: ['reading', 'classifying', 'scoring', 'partial'] },
  },
  {
    system: 'orca', kind: 'public.job',
    begin: async (at, outcome) => (await at.send(at.operation('public.upload'), { body: form('file', 'people.csv', 'name,city\nAda,London\n'), headers: asked(outcome) })).body.data.job_id,
    poll: async (at, job_id) => (await dataOf(at, 'public.jobs.get', { job_id })).status,
    states: { success: ['queued', 'processing', 'completed'], failure: ['queued', 'processing', 'failed'], degraded: ['queued', 'processing', 'partial'] },
  },
  {
    system: 'orca', kind: 'scan',
    begin: async (at, outcome) => (await at.send(at.operation('public.scans.trigger'), { headers: asked(outcome) })).body.data.scan_id,
    poll: async (at, scan_id) => (await dataOf(at, 'public.scans.get', { scan_id })).status,
    states: { success: ['queued', 'processing', 'completed'], failure: ['queued', 'processing', 'failed'], degraded: ['queued', 'processing', 'partial'] },
  },
  {
    system: 'orca', kind: 'report',
    begin: async (at, outcome) => (await at.send(at.operation('reports.generate'), { headers: asked(outcome) })).body.data.id,
    poll: async (at, report_id) => (await dataOf(at, 'reports.get', { report_id })).status,
    elsewhere: async (at, report_id) => ((await at.send(at.operation('reports.download'), { path: { report_id } })).status === 307 ? 'complete' : 'not there'),
    states: { success: ['pending', 'processing', 'complete'], failure: ['pending', 'processing', 'failed'] },
  },
  {
    system: 'orckai', kind: 'workflows.executions',
    begin: async (at, outcome) => (await at.send(at.operation('workflows.execute'), { path: { id: 'b2c3d4e5-0000-4000-8000-000000000001' }, headers: asked(outcome) })).body.executionId,
    poll: async (at, id) => (await dataOf(at, 'workflows.executions.get', { id })).status,
    elsewhere: async (at, id) => (await at.send(at.operation('workflows.executions.list'))).body.data.find((run: Json) => run.id === id).status,
    states: { success: ['queued', 'running', 'completed'], failure: ['queued', 'running', 'failed'] },
  },
  {
    system: 'orckai', kind: 'knowledgeBases.documents',
    begin: async (at, outcome) => (await at.send(at.operation('knowledgeBases.documents.upload'), { path: { id: BASE }, body: form('file', 'story.md', 'A story.'), headers: asked(outcome) })).body.data.id,
    poll: async (at, id) => (await dataOf(at, 'knowledgeBases.documents.list', { id: BASE })).find((row: Json) => row.id === id).status,
    states: { success: ['processing', 'ready'], failure: ['processing', 'failed'] },
  },
  {
    system: 'flexorch', kind: 'process',
    async begin(at, outcome) {
      await hook(at)
      return String((await at.send(at.operation('documents.process'), { body: form('files', 'story.txt', 'Dear Ada, this is a letter about an invoice of 12 EUR.'), headers: asked(outcome) })).body.data.jobs[0].job_id)
    },
    poll: async (at, job_id) => {
      const { status, result_meta, execution_summary } = await dataOf(at, 'jobs.get', { job_id })
      return status === 'running' ? result_meta.pipeline_stage : execution_summary?.degraded ? 'degraded' : status
    },
    elsewhere: async (at, job_id) => (await at.send(at.operation('jobs.list'), { query: { page_size: '100' } })).body.data.items.find((job: Json) => String(job.job_id) === job_id).status,
    states: { success: ['queued', 'extract', 'privacy', 'quality', 'dataset', 'completed'], failure: ['queued', 'extract', 'failed'], degraded: ['queued', 'extract', 'privacy', 'quality', 'dataset', 'degraded'] },
    events: { success: ['job.completed'], failure: ['job.failed'], degraded: ['job.completed'] },
  },
  {
    system: 'flexorch', kind: 'build',
    async begin(at, outcome) {
      await hook(at)
      return String((await at.send(at.operation('datasets.create'), { body: { name: 'Story', execution_ids: [106] }, headers: asked(outcome) })).body.data.job_id)
    },
    poll: async (at, job_id) => (await dataOf(at, 'jobs.get', { job_id })).status,
    elsewhere: async (at) => (await at.send(at.operation('datasets.list'), { query: { q: 'Story' } })).body.data.items[0].status,
    states: { success: ['queued', 'running', 'completed'], failure: ['queued', 'running', 'failed'] },
    events: { success: ['job.completed', 'dataset.ready'], failure: ['job.failed'] },
  },
  {
    system: 'flexorch', kind: 'index',
    async begin(at, outcome) {
      await at.send(at.operation('datasets.index'), { path: { id: '30' }, headers: asked(outcome) })
      return '30'
    },
    poll: async (at, id) => (await dataOf(at, 'datasets.indexStatus', { id })).status,
    elsewhere: async (at, id) => ((await at.send(at.operation('datasets.chunks'), { path: { id } })).status === 200 ? 'ready' : 'not there'),
    states: { success: ['indexing', 'ready'], failure: ['indexing', 'failed'] },
  },
  {
    system: 'flexorch', kind: 'sync',
    begin: async (at) => String((await at.send(at.operation('connectors.schedules.trigger'), { path: { connector_id: '1', schedule_id: '1' } })).body.data.id),
    poll: async (at, id) => (await dataOf(at, 'connectors.schedules.logs', { connector_id: '1', schedule_id: '1' })).find((log: Json) => String(log.id) === id).status,
    states: { success: ['running', 'completed'] },
  },
  {
    system: 'flexorch', kind: 'fineTune',
    begin: async (at, outcome) => (await at.send(at.operation('fineTune.create'), { headers: asked(outcome) })).body.data.job_id,
    poll: async (at, job_id) => (await dataOf(at, 'fineTune.get', { job_id })).status,
    states: { success: ['queued', 'running', 'completed'], failure: ['queued', 'running', 'failed'] },
  },
  {
    system: 'klarefi', kind: 'case',
    begin: async (at, outcome) => (await at.send(at.operation('process.create'), { headers: asked(outcome) })).body.case_id,
    poll: async (at, case_id) => (await at.send(at.operation('cases.get'), { path: { case_id } })).body.status,
    elsewhere: async (at, case_id) => ((await at.send(at.operation('cases.package'), { path: { case_id } })).body.case_file_url === null ? 'not there' : 'completed'),
    told: eventsOf,
    states: { success: ['processing', 'completed'], failure: ['processing', 'failed'], degraded: ['processing', 'needs_review'] },
    events: {
      success: ['document.uploaded', 'document.processed', 'case.processing', 'case.completed'], failure: ['document.uploaded', 'document.failed', 'case.failed'],
      degraded: ['document.uploaded', 'document.processed', 'case.processing', 'case.needs_review'],
    },
    feedOnly: ['document.uploaded'],
  },
  {
    system: 'klarefi', kind: 'intake',
    begin: async (at, outcome) => (await at.send(at.operation('sessions.create'), { headers: asked(outcome) })).body.session_id,
    poll: async (at, case_id) => (await at.send(at.operation('cases.get'), { path: { case_id } })).body.status,
    told: eventsOf,
    states: { success: ['queued', 'processing', 'completed'], failure: ['queued', 'processing', 'failed'], degraded: ['queued', 'applicant_blocked', 'processing', 'needs_review'] },
    events: {
      success: ['intake.session_created', 'intake.submitted', 'case.processing', 'case.completed'], failure: ['intake.session_created', 'intake.submitted', 'case.processing', 'case.failed'],
      degraded: ['intake.session_created', 'case.applicant_blocked', 'intake.gap_resolved', 'intake.submitted', 'case.processing', 'case.needs_review'],
    },
  },
  {
    system: 'orbiter', kind: 'workflowRun',
    begin: async (at, outcome) => (await at.send(at.operation('workflows.run'), { path: { workflow_id: orbiterId('d0', 1) }, headers: asked(outcome) })).body.run_id,
    poll: async (at, run_id) => (await at.send(at.operation('workflows.runs.get'), { path: { workflow_id: orbiterId('d0', 1), run_id } })).body.status,
    elsewhere: async (at, run_id) => (await at.send(at.operation('runs.get'), { path: { run_id } })).body.status,
    states: { success: ['pending', 'running', 'completed'], failure: ['pending', 'running', 'failed'] },
  },
]

async function eventsOf(at: Arena, case_id: string): Promise<string[]> {
  return (await at.send(at.operation('cases.events'), { path: { case_id } })).body.events.map((event: Json) => event.event_type)
}

async function hook(at: Arena): Promise<void> {
  await at.send(at.operation('webhooks.create'), { body: { url: ENDPOINT, events: ['job.completed', 'job.failed', 'dataset.ready'], secret: 's' } })
}
