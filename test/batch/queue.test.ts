import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { adapters, bundle, type Programs } from './harness.js'
import { queueTrial } from './queue-harness.js'
import { withoutRedis } from './redis.js'

/** The proof over a queue, shortened: `pnpm test:batch:soak --queue` is the full one. Waiting is most of it, so some trials run side by side. */
const folder = mkdtempSync(join(tmpdir(), 'orkit-proof-queue-'))
const seed = Number(process.env['ORKIT_SOAK_SEED'] ?? Date.now() % 1_000_000)
let programs: Programs
beforeAll(async () => {
  programs = await bundle(folder)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.skipIf(withoutRedis)(`workers, submitter, server and Redis killed at random instants, with faults (seed ${seed}; needs redis-server)`, { concurrent: true }, () => {
  it.each(adapters)('%s %s: every file taken once, every result there once', { timeout: 240_000 }, async (system, adapter) => {
    const files = 60
    const outcome = await queueTrial(programs, {
      system, adapter, files, workers: 2, kills: 4, serverKills: 1, submitterKills: 1, redisRestarts: 2, workMs: 100, settleMs: 3_000, leaseMs: 1_500, faults: 0.1, seed, folder: join(folder, `${system}-${adapter}`),
    })
    expect(outcome).toMatchObject({ accepted: files, doubled: [], missing: [], results: files, doubledResults: [], missingResults: [], keysLeft: [], summary: { complete: true } })
    expect(outcome).toMatchObject({ kills: 4, serverKills: 1, redisRestarts: 2 })
  })
})
