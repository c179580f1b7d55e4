/** `pnpm bench:batch [--json] [--no-build] [measure ...]`: the table of the batch bars, with what was measured now. Exit 1 when a bar is missed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runBench } from '../run.js'
import { Bench } from './measures.js'

const MEASURES = ['small', 'limited', 'memory', 'resume'] as const

const folder = mkdtempSync(join(tmpdir(), 'orkit-bench-'))
try {
  const bench = new Bench(folder)
  await runBench({ measures: MEASURES, package: 'sdk', measure: (name) => bench[name as (typeof MEASURES)[number]]() })
} finally {
  rmSync(folder, { recursive: true, force: true })
}
