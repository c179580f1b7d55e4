import { FlexOrch } from '../../systems/flexorch/index.js'
import { openResults } from '../results.js'
import { fromPaths } from '../sources.js'
import type { BatchClient } from '../types.js'
import { uploadBatch } from '../engine.js'

/** A process to be killed: uploads a folder with a journal, and waits for the jobs. */
const [port, folder, journal, results] = process.argv.slice(2) as [string, string, string, string]
const client = new FlexOrch({ apiKey: 'dfx_test', baseUrl: `http://127.0.0.1:${port}`, timeout: 5_000, retryBudget: false })
const out = await openResults(results)
const batch = uploadBatch(client as unknown as BatchClient, fromPaths([folder]), {
  journal, rate: 'off', concurrency: 8, settleMs: 700, wait: true, pollIntervalMs: 100, onResult: async (item, result) => void (await out.write(item.id!, { path: item.path, result })),
})
const summary = await batch.summary()
await out.close()
process.stdout.write(JSON.stringify(summary))
process.exitCode = summary.complete ? 0 : 9
