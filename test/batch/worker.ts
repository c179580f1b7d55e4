import { adapterFor, fromPaths, openResults, uploadBatch, type BatchClient } from '@orkit/sdk/batch'
import { connect, type WorkerConfig } from './clients.js'

/** A process to be killed: sends the folder with a journal, waits for the jobs, writes the results. */
const config = JSON.parse(process.argv[2]!) as WorkerConfig
const client = await connect(config)
const out = await openResults(config.results)
const adapter = adapterFor(config.system, config.adapter)!
const source = adapter.url === undefined ? fromPaths([config.folder]) : Array.from({ length: config.files }, (_, index) => ({ url: `https://files.example.com/f${index}.pdf` }))
const batch = uploadBatch(client as unknown as BatchClient, source, {
  adapter, journal: config.journal, rate: 'off', settleMs: config.settleMs, wait: true, pollIntervalMs: 300, maxAttempts: 20, path: config.path,
  ...(config.system === 'klarefi' ? { params: { case_type_id: 'ct_claim' } } : {}),
  onResult: async (item, result) => void (await out.write(item.id!, { path: item.path, result })),
})
const summary = await batch.summary()
await out.close()
process.stdout.write(JSON.stringify({ ...summary, stopped: summary.stopped === undefined ? undefined : summary.stopped.kind === 'error' ? summary.stopped.error.message : summary.stopped.kind }))
process.exitCode = summary.complete ? 0 : 9
