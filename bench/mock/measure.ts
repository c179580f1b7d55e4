import { bigList, heap, perCall, reset } from './in-process.js'
import type { Line } from '../lines.js'
import { startUp } from './start-up.js'
import { throughput } from './throughput.js'

// One measure in a process of its own, so that none inherits the heap of another.
const measures: Readonly<Record<string, () => Promise<Line[]>>> = { throughput, startUp, bigList, perCall, heap, reset }
process.send!(await measures[process.argv[2]!]!(), () => process.exit(0))
