import type { JobEngine } from '../../effects/job-engine.js'
import type { Attempt } from '../../effects/webhooks.js'
import type { JobView } from '../../kernel/definition.js'
import type { Json } from '../../kernel/types.js'
import type { World } from '../../world/world.js'
import type { Gateway } from '../gateway.js'
import { type Action, missing, ok, systemOf } from './action.js'
import { list, object, ref, string } from './schemas.js'

export const workActions: readonly Action[] = [
  {
    method: 'GET', path: '/jobs', id: 'jobs', tag: 'Jobs', inProcess: ['jobs'], summary: 'Lists the jobs of a system', reads: true,
    query: { system: { type: 'string', description: 'Needed' }, kind: { type: 'string', description: 'Only jobs of this kind' } },
    answers: { 200: { description: 'Jobs', schema: list(ref('Job')) } },
    run: async ({ world, query, gateway }) => ok((await jobsOf(gateway, world, query['system'])).list(query['kind'])),
  },
  {
    method: 'POST', path: '/jobs', id: 'moveJob', tag: 'Jobs', inProcess: ['moveJob'], summary: 'Moves a job that goes by hand, or makes a running one fail or end',
    body: {
      schema: object({ system: string(), kind: string(), id: string(), action: { enum: ['step', 'fail', 'cancel'], description: 'Default: step' }, reason: string('Of a failure') }, ['system', 'kind', 'id']),
      required: true,
    },
    answers: { 200: { description: 'The job', schema: ref('Job') }, 404: { description: 'There is none', schema: ref('Error') } },
    run: async ({ world, body, gateway }) => {
      const { system, kind = '', id = '', action, reason } = body
      const view = moveJob(await jobsOf(gateway, world, system), kind, id, action, reason)
      return view ? ok(view) : missing(`There is no job ${kind} ${id}`)
    },
  },
  {
    method: 'POST', path: '/webhooks', id: 'sendWebhook', tag: 'Webhooks', inProcess: ['sendWebhook'], summary: 'Signs a webhook as the vendor does and sends it once, registered or not',
    body: { schema: object({ system: string(), url: string(), event: string(), payload: {}, secret: string() }), required: true },
    answers: { 200: { description: 'What came of it', schema: ref('Attempt') } },
    run: async ({ world, body, gateway }) => ok(await sendWebhook(gateway, world, body)),
  },
]

/** Says nothing where there is no such job. */
export function moveJob(jobs: JobEngine, kind: string, id: string, action: string = 'step', reason = 'Asked for by the control plane'): JobView | undefined {
  if (!['step', 'fail', 'cancel'].includes(action)) throw new Error('action must be step, fail or cancel')
  if (!jobs.view(kind, id)) return undefined
  if (action === 'fail') jobs.fail(kind, id, reason)
  else if (action === 'cancel') jobs.cancel(kind, id)
  else jobs.step(kind, id)
  return jobs.view(kind, id)
}

export async function jobsOf(gateway: Gateway, world: World, system: unknown): Promise<JobEngine> {
  return world.system(await gateway.load(systemOf(gateway, system))).jobs
}

export async function sendWebhook(gateway: Gateway, world: World, { system: name, url, event, payload, secret }: Json): Promise<Attempt> {
  const system = await gateway.load(systemOf(gateway, name))
  if (!system.definition.webhooks) throw new Error(`${system.name} sends no webhooks`)
  if (typeof url !== 'string' || typeof event !== 'string' || typeof secret !== 'string' || payload === undefined) throw new Error('url, event, secret and payload are needed')
  return world.system(system).webhooks.once(url, event, payload, secret)
}
