import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adapters, bundle, trial } from './harness.js'

/** The proof, shortened: `pnpm test:batch:soak` is the full one. Waiting is most of it, so the trials run side by side. */
const folder = mkdtempSync(join(tmpdir(), 'orkit-proof-'))
const seed = Number(process.env['ORKIT_SOAK_SEED'] ?? Date.now() % 1_000_000)
let programs: Awaited<ReturnType<typeof bundle>>
beforeAll(async () => {
  programs = await bundle(folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe(`killed at random instants, with faults (seed ${seed})`, () => {
  it.concurrent.each(adapters)('%s %s: every file taken once, every result there once', { timeout: 110_000 }, async (system, adapter) => {
    const files = 60
    const outcome = await trial(programs, { system, adapter, files, kills: 4, serverKills: 1, workMs: 100, settleMs: 3_000, faults: 0.1, seed, folder: join(folder, `${system}-${adapter}`) })
    expect(outcome).toMatchObject({ accepted: files, doubled: [], missing: [], results: files, doubledResults: [], missingResults: [], summary: { complete: true } })
    expect(outcome.kills).toBeGreaterThanOrEqual(2)
    expect(outcome.serverKills).toBe(1)
    if (system === 'flexorch') expect(outcome.shared).toBeGreaterThan(2)
    else expect(outcome.shared).toBe(0)
  })
})
