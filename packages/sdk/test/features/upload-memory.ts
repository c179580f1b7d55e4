import { fileFromPath } from '../../src/node/index.js'
import { Orckai } from '../../src/systems/orckai/index.js'

/** In a process of its own: how far memory rises above idle, in MiB, while a file goes up. */

const [origin, path, transport] = process.argv.slice(2)
const orckai = new Orckai({ apiKey: 'oak_memory', baseUrl: origin!, timeout: Infinity, ...(transport === 'fetch' ? { fetch: globalThis.fetch } : {}) })
await orckai.knowledgeBases.documents.upload('kb', { file: new Blob(['small']) })
const idle = process.memoryUsage.rss()
let peak = idle
const watch = setInterval(() => { peak = Math.max(peak, process.memoryUsage.rss()) }, 10)
let sent = 0
await orckai.knowledgeBases.documents.upload('kb', { file: await fileFromPath(path!) }, { onUploadProgress: (progress) => { sent = progress.sent } })
clearInterval(watch)
process.stdout.write(JSON.stringify({ rise: Math.round((Math.max(peak, process.memoryUsage.rss()) - idle) / 2 ** 20), sent }))
