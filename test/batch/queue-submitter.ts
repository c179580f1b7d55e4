import { adapterFor, fromPaths, openResults, type BatchClient } from '@orkit/sdk/batch'
import { queueBatch } from '@orkit/sdk/batch/queue'
import { connect, type WorkerConfig } from './clients.js'

/** A process to be killed: puts the folder on a queue and brings its results home. */
const config = JSON.parse(process.argv[2]!) as WorkerConfig & { readonly queue: string; readonly rate: 'off' | 'documented' | number }
const client = (await connect(config)) as unknown as BatchClient
const out = await openResults(config.results)
const adapter = adapterFor(config.system, config.adapter)!
const source = adapter.url === undefined ? fromPaths([config.folder]) : Array.from({ length: config.files }, (_, index) => ({ url: `https://files.example.com/f${index}.pdf` }))
const batch = queueBatch(client, source, {
  queue: config.queue, adapter, journal: config.journal, root: config.folder, rate: config.rate, settleMs: config.settleMs, wait: true, pollIntervalMs: 300, maxAttempts: 20, path: config.path,
  ...(config.system === 'klarefi' ? { params: { case_type_id: 'ct_claim' } } : {}),
  onResult: async (item, result) => void (await out.write(item.id!, { path: item.path, result })),
})
const summary = await batch.summary()
await out.close()
process.stdout.write(JSON.stringify({ ...summary, stopped: summary.stopped === undefined ? undefined : summary.stopped.kind === 'error' ? summary.stopped.error.message : summary.stopped.kind }))
process.exit(summary.complete ? 0 : 9)
