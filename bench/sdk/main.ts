/** `pnpm bench:sdk [--json] [--no-build] [measure ...]`: the table of the SDK's bars, with what was measured now. Exit 1 when a bar is missed. */
import { inOwnProcess, runBench } from '../run.js'

await runBench({
  measures: ['cpuDefault', 'cpuNode', 'cpuFetch', 'cpuOpenai', 'sseOpenai', 'sseGenerator', 'sseHuge', 'uploadMemory', 'prefetch', 'size'],
  package: 'sdk',
  measure: (name) => inOwnProcess(new URL('measure.ts', import.meta.url), name),
})
