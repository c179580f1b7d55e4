/** One measure in a process of its own, so that no measure warms up or fragments another's heap. */
import { cpuDefault, cpuFetch, cpuNode, cpuOpenai } from './cpu.js'
import { prefetch } from './prefetch.js'
import { size } from './size.js'
import { sseGenerator, sseHuge, sseOpenai } from './sse.js'
import { uploadMemory } from './upload.js'

const measures = { cpuDefault, cpuNode, cpuFetch, cpuOpenai, sseOpenai, sseGenerator, sseHuge, uploadMemory, prefetch, size }

const name = process.argv[2] as keyof typeof measures
process.send!(await measures[name]())
process.exit()
