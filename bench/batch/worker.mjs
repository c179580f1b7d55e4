// What is measured: one process that does one thing. The SDK as users install it.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

const [what, origin, folder, journal] = process.argv.slice(2)
const done = (facts = {}) => process.stdout.write(JSON.stringify({ rss: process.resourceUsage().maxRSS, ...facts }))

async function batch(source, options) {
  const { FlexOrch } = await import('../../packages/sdk/dist/flexorch.js')
  const { nodeTransport } = await import('../../packages/sdk/dist/node.js')
  const { fromPaths, uploadBatch } = await import('../../packages/sdk/dist/batch.js')
  const client = new FlexOrch({ apiKey: 'dfx_bench', baseUrl: origin, fetch: nodeTransport() })
  const summary = await uploadBatch(client, source === undefined ? undefined : fromPaths([source]), options).summary()
  done({ states: summary.states, complete: summary.complete, total: summary.total })
  process.exit(summary.complete ? 0 : 1)
}

const tasks = {
  upload: () => batch(folder, { journal, rate: 'off' }),
  limited: () => batch(folder, { journal }),
  resume: () => batch(undefined, { journal }),
  idle: () => batch(folder, { journal, rate: 'off', concurrency: 1 }),
  /** The simplest pool there is: no journal, no limits, no retries. */
  async pool() {
    const names = (await readdir(folder)).values()
    await Promise.all(Array.from({ length: 16 }, async () => {
      for (const name of names) {
        const form = new FormData()
        form.append('files', new Blob([await readFile(join(folder, name))]), name)
        const response = await fetch(`${origin}/data-process/async`, { method: 'POST', headers: { 'x-api-key': 'dfx_bench' }, body: form })
        if (!response.ok) throw new Error(String(response.status))
        await response.json()
      }
    }))
    done()
    process.exit(0)
  },
}
await tasks[what]()
