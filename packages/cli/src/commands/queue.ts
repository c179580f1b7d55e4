import type { BatchClient } from '@orkit/sdk/batch'
import { cancelQueued, listQueue, showQueued, workQueue, type WorkEvent } from '@orkit/sdk/batch/queue'
import { resolve } from 'node:path'
import type { Context, Input, Result } from '../app/command.js'
import { exit } from '../app/exit.js'
import type { Io } from '../app/io.js'
import { UsageError } from '../app/usage-error.js'
import { WorkDisplay } from './queue-display.js'

/** The queue's address: as given, or as ORKIT_QUEUE has it when `env` is given or nothing. */
export function queueUrl(value: unknown, io: Io): string {
  const url = value === undefined || value === 'env' ? io.env['ORKIT_QUEUE'] : String(value)
  if (url === undefined || url === '') throw new UsageError('which queue?', 'Give --queue redis://host:6379, or set ORKIT_QUEUE.')
  return url
}

export async function work(context: Context, { values }: Input): Promise<Result> {
  const { io } = context
  const number = (name: string) => {
    const value = values[name] as number | undefined
    if (value !== undefined && value < 1) throw new UsageError(`--${name} must be at least 1`)
    return value
  }
  const [concurrency, lease, systems] = [number('concurrency'), number('lease'), values['system'] as string[] | undefined]
  const display = new WorkDisplay(context)
  await workQueue({
    queue: queueUrl(values['queue'], io), signal: io.signal, client: async ({ system }) => (await context.client(system)) as unknown as BatchClient,
    ...(concurrency === undefined ? {} : { concurrency }), ...(lease === undefined ? {} : { leaseMs: lease * 1_000 }), ...(systems === undefined ? {} : { systems }),
    ...(values['root'] === undefined ? {} : { root: resolve(io.cwd, String(values['root'])) }), ...(values['drain'] === true ? { drain: true } : {}), ...(values['accept-account'] === true ? { acceptAccount: true } : {}),
    onEvent: (event: WorkEvent) => display.take(event),
  })
  await display.end()
  return { kind: 'none', exit: io.signal.aborted ? exit.interrupted : display.failed > 0 ? exit.someFailed : exit.ok }
}

export async function list({ io, note }: Context, { values }: Input): Promise<Result> {
  const batches = await listQueue(queueUrl(values['queue'], io))
  if (batches.length === 0) await note('No batches on this queue.')
  const rows = batches.map(({ batch, items, states, open, following, workers, halted, created, host, destination }) => ({
    batch, items, status: Object.entries(states).map(([state, count]) => `${count} ${state}`).join(', '), open, following, workers, ...(halted === undefined ? {} : { halted }), created, host, system: destination.system, base_url: destination.baseUrl, operation: destination.operation,
  }))
  return { kind: 'rows', rows, columns: ['batch', 'items', 'status', 'workers', 'halted', 'created'] }
}

export async function show({ io, note }: Context, { values }: Input): Promise<Result> {
  const { batch, rows } = await showQueued(queueUrl(values['queue'], io), String(values['batch']))
  const wanted = values['status'] as string[] | undefined
  await note(`${batch.batch}: ${batch.destination.system} ${batch.destination.operation} at ${batch.destination.baseUrl}: ${batch.open} to send or to settle, ${batch.following} in processing, ${batch.workers} workers${batch.halted === undefined ? '' : `; stopped: ${batch.halted}`}`)
  return { kind: 'rows', rows: rows.filter((row) => wanted === undefined || wanted.includes(row.status)), columns: ['path', 'status', 'job', 'document', 'code', 'message'] }
}

export async function cancelOnQueue({ io, note }: Context, { values }: Input): Promise<Result> {
  const { cancelled } = await cancelQueued(queueUrl(values['queue'], io), String(values['batch']), () => io.now())
  await note(`${String(values['batch'])}: ${cancelled} cancelled`)
  return { kind: 'none' }
}
