import { FlexOrch } from '../../src/systems/flexorch/index.js'
import { Orckai } from '../../src/systems/orckai/index.js'
import { openResults } from '../../src/batch/results.js'
import { fromPaths } from '../../src/batch/sources.js'
import type { BatchClient } from '../../src/batch/types.js'
import { uploadBatch } from '../../src/batch/batch.js'

/** A process to be killed: uploads a folder with a journal, and waits for the jobs. */
const [system, port, folder, journal, results] = process.argv.slice(2) as [string, string, string, string, string]
const options = { baseUrl: `http://127.0.0.1:${port}`, timeout: 5_000, retryBudget: false as const }
const client = system === 'flexorch' ? new FlexOrch({ ...options, apiKey: 'dfx_test' }) : new Orckai({ ...options, apiKey: 'oak_test' })
const out = await openResults(results)
const batch = uploadBatch(client as unknown as BatchClient, fromPaths([folder]), {
  journal, rate: 'off', concurrency: 8, settleMs: 700, wait: true, pollIntervalMs: 100,
  ...(system === 'orckai' ? { path: { id: 'kb' } } : {}),
  onResult: async (item, result) => void (await out.write(item.id!, { path: item.path, result })),
})
const summary = await batch.summary()
await out.close()
process.stdout.write(JSON.stringify(summary))
process.exitCode = summary.complete ? 0 : 9
