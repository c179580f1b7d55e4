/** `pnpm bench:mock [--json] [--no-build] [measure ...]`: the table of the server's bars, with what was measured now. Exit 1 when a bar is missed. */
import { inOwnProcess, runBench } from '../run.js'

await runBench({
  measures: ['throughput', 'startUp', 'bigList', 'perCall', 'heap', 'reset'],
  package: 'mock',
  measure: (name) => inOwnProcess(new URL('measure.ts', import.meta.url), name, ['--expose-gc', '--import', 'tsx']),
})
