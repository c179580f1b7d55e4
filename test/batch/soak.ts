/**
 * `pnpm test:batch:soak [--seed N] [--files N] [--kills N] [--faults SHARE] [--queue [--workers N]] [adapter ...]`: the proof in full; its counts go to
 * docs/batch.md. `--queue`: over workers and a Redis that is restarted.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { adapters, bundle, trial, type Outcome } from './harness.js'
import { queueTrial, type QueueOutcome } from './queue-harness.js'

const { values, positionals } = parseArgs({ allowPositionals: true, args: process.argv.slice(2).filter((arg) => arg !== '--'), options: { seed: { type: 'string' }, files: { type: 'string' }, kills: { type: 'string' }, 'server-kills': { type: 'string' }, faults: { type: 'string' }, queue: { type: 'boolean' }, workers: { type: 'string' } } })
const seed = Number(values.seed ?? Date.now() % 1_000_000)
const chosen = adapters.filter(([system, name]) => positionals.length === 0 || positionals.includes(system) || positionals.includes(`${system}/${name}`))
const folder = mkdtempSync(join(tmpdir(), 'orkit-soak-'))
const say = (text: string) => void process.stdout.write(`${text}\n`)
let bad = 0
try {
  const programs = await bundle(folder)
  say(`seed ${seed}`)
  for (const [system, adapter] of chosen) {
    for (const faults of values.faults === undefined ? [0, 0.12] : [Number(values.faults)]) {
      say(`${system}/${adapter}, ${faults === 0 ? 'no faults' : `${faults * 100} % faults`}`)
      try {
        const common = {
          system, adapter, files: Number(values.files ?? 2_000), kills: Number(values.kills ?? 100), serverKills: Number(values['server-kills'] ?? 10), workMs: 300, settleMs: 5_000, faults, seed,
          folder: join(folder, `${system}-${adapter}-${faults}`), log: say,
        }
        const outcome = values.queue === true ? await queueTrial(programs, { ...common, workers: Number(values.workers ?? 2), submitterKills: 10, redisRestarts: 6, leaseMs: 2_000 }) : await trial(programs, common)
        if (!sound(outcome)) bad++
        say(`${sound(outcome) ? 'ok' : 'BAD'} ${JSON.stringify({ system, adapter, seed, ...outcome })}`)
      } catch (error) {
        // The others are still worth their time.
        bad++
        say(`BAD ${error instanceof Error ? error.message : String(error)}`)
      }
    }
  }
} finally {
  if (bad === 0) rmSync(folder, { recursive: true, force: true })
  else say(`kept: ${folder}`)
}
process.exitCode = bad === 0 ? 0 : 1

function sound(outcome: Outcome | QueueOutcome): boolean {
  if ('keysLeft' in outcome && outcome.keysLeft.length > 0) return false
  return outcome.accepted === outcome.files && [outcome.doubled, outcome.missing, outcome.doubledResults, outcome.missingResults].every((list) => list.length === 0) && outcome.results === outcome.files && outcome.summary.complete
}
