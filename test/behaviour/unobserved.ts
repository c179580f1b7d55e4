import { FlexOrch } from '@orkit/sdk/flexorch'
import { Orca } from '@orkit/sdk/orca'
import { nodeWebSocket } from '@orkit/sdk/node'
import { Orckai } from '@orkit/sdk/orckai'
import { json, serve } from '../../packages/sdk/test/fixture/server.js'

/** A bad day from end to end, every failure of which is caught. Run with `--unhandled-rejections=strict`: a promise of ours that rejects and that nobody holds ends the process. */

const server = await serve()
const seen = async (...calls: PromiseLike<unknown>[]) => { await Promise.allSettled(calls) }
const fast = { clock: { sleep: async () => undefined } }

for (const fetch of [undefined, globalThis.fetch]) {
  const common = { ...fast, ...(fetch === undefined ? {} : { fetch }), rateLimit: false, retryBudget: false as const }
  const orckai = new Orckai({ apiKey: 'oak_x', baseUrl: server.url, ...common })
  const flexorch = new FlexOrch({ apiKey: 'dfx_x', baseUrl: server.url, ...common })

  // Calls that fail, in each way of looking at them.
  server.handle((_, response) => json(response, 500, { error: { code: 'E', message: 'no' } }))
  const call = () => orckai.agents.get('a')
  await seen(call(), call().withResponse(), call().asResponse(), call().finally(() => undefined), ...Array.from({ length: 20 }, call))
  const twice = call()
  await seen(twice, twice.withResponse())
  server.handle((_, response) => void response.socket!.destroy())
  await seen(call(), call().asResponse(), orckai.agents.list().toArray(), orckai.agents.list().next())

  // Limits and aborts, before and during.
  server.handle(() => undefined)
  const controller = new AbortController()
  const hanging = [orckai.agents.get('a', { timeout: 30 }), orckai.agents.get('a', { deadline: 30 }), orckai.agents.get('a', { signal: controller.signal }), flexorch.documents.process({ files: [{ name: 'a.txt', data: 'a' }] }, { signal: controller.signal }).wait()]
  setTimeout(() => controller.abort(), 20)
  await seen(...hanging, orckai.agents.get('a', { signal: AbortSignal.abort() }))

  // Streams: left, aborted, cut, and split with one half forgotten.
  server.handle((_, response) => { response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"content":"a"}\n\n'); setTimeout(() => response.socket?.destroy(), 20) })
  const stream = (options = {}) => orckai.chat.stream({ message: 'x' }, options)
  await seen((async () => { for await (const _ of stream()) break })(), (async () => { for await (const _ of stream()); })(), stream().finalMessage(), (async () => { const [left] = (await stream()).tee(); await left.finalMessage() })())
  await stream()
  await seen((async () => { const aborted = new AbortController(); for await (const _ of stream({ signal: aborted.signal })) aborted.abort() })(), (async () => { const reader = (await stream()).toReadableStream().getReader(); await reader.read(); await reader.cancel() })())

  // Pages asked for ahead that fail, and a loop that is left.
  server.handle((request, response) => (request.url.includes('page=2') ? void response.socket!.destroy() : json(response, 200, { status: 'success', data: { items: [{ id: 1 }], total: 99, page: 1, page_size: 1 } })))
  await seen((async () => { for await (const _ of flexorch.jobs.list({}, { prefetch: true }).pages()) await new Promise((resolve) => { setTimeout(resolve, 20) }) })(), (async () => { for await (const _ of flexorch.jobs.list({}, { prefetch: true })) break })())

  // Work that fails while others are still asked about.
  server.handle((request, response) => (request.method === 'POST' ? json(response, 202, { status: 'accepted', data: { jobs: [{ job_id: 1 }, { job_id: 2 }, { job_id: 3 }] } }) : request.url.endsWith('/2') ? void response.socket!.destroy() : json(response, 200, { data: { job_id: 1, status: 'failed' } })))
  await seen(flexorch.documents.process({ files: [{ name: 'a.txt', data: 'a' }] }).wait(), flexorch.documents.process({ files: [{ name: 'a.txt', data: 'a' }] }).wait({ signal: AbortSignal.timeout(5) }))

  // Uploads whose source fails, and that are refused while they go up.
  async function* broken() { yield new Uint8Array(1000); throw new Error('the disk is gone') }
  async function* long() { for (let i = 0; i < 1000; i++) yield new Uint8Array(65_536) }
  server.handle((_, response) => json(response, 413, { error: { code: 'TOO_LARGE', message: 'no' } }))
  await seen(orckai.knowledgeBases.documents.upload('k', { file: { name: 'a.txt', data: broken() } }), orckai.knowledgeBases.documents.upload('k', { file: { name: 'a.txt', data: long() } }, { timeout: 200, maxRetries: 0 }))

  // Downloads that are cut, and left.
  server.handle((_, response) => { response.writeHead(200, { 'content-length': 100_000 }).write('x'.repeat(1000)); setTimeout(() => response.socket?.destroy(), 20) })
  await seen((async () => (await flexorch.datasets.export(1, { format: 'csv' })).bytes())(), (async () => { for await (const _ of (await flexorch.datasets.export(1, { format: 'csv' })).stream()) break })(), (async () => (await flexorch.datasets.export(1, { format: 'csv' })).cancel())())

  // A sign-in that is refused to twenty who wait, and a session that cannot be mended.
  server.handle((_, response) => json(response, 401, { success: false, error: { code: 'unauthorized', message: 'no' } }))
  const orca = new Orca({ email: 'ada@example.com', password: 'a password', baseUrl: server.url, webSocket: nodeWebSocket(), ...common })
  await seen(...Array.from({ length: 20 }, () => orca.files.list()), orca.signIn(), orca.signOut())
  await seen((async () => { for await (const _ of new Orca({ token: 'x', baseUrl: server.url, webSocket: nodeWebSocket(), ...common }).jobs.watch('j')); })())
}

await server.close()
// Whatever was forgotten is collected and heard of now.
for (let i = 0; i < 5; i++) {
  globalThis.gc?.()
  await new Promise((resolve) => { setTimeout(resolve, 20) })
}
process.stdout.write('end\n')
