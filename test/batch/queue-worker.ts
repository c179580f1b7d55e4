import type { BatchClient } from '@orkit/sdk/batch'
import { workQueue } from '@orkit/sdk/batch/queue'
import { connect, type WorkerConfig } from './clients.js'

/** A process to be killed: works on a queue until it is. */
const config = JSON.parse(process.argv[2]!) as WorkerConfig & { readonly queue: string; readonly leaseMs: number; readonly concurrency: number }
const client = (await connect(config)) as unknown as BatchClient
const controller = new AbortController()
process.once('SIGTERM', () => controller.abort())
process.on('disconnect', () => process.exit(0))
await workQueue({
  queue: config.queue, client: () => client, leaseMs: config.leaseMs, concurrency: config.concurrency, signal: controller.signal,
  onEvent: (event) => {
    if (process.env['ORKIT_SOAK_LOG'] && (event.type !== 'event' || !['item', 'result'].includes(event.event.type))) process.stdout.write(`${JSON.stringify(event, (_, value: unknown) => (value instanceof Error ? value.message : value))}\n`)
  },
})
process.exit(0)
