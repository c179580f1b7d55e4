import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { bundle, compare, resultsOf, stage, WorkerProcess } from './harness.js'

const folder = mkdtempSync(join(tmpdir(), 'orkit-frozen-journal-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/**
 * The owner of a journal on a shared folder that stands still for longer than its lock lasts: a process of another host goes on with it, and is through with it.
 * What was about to leave as the owner was stopped may still leave; here the server knows the content.
 */
it('an owner that is frozen until another has finished writes no more, and takes nothing for its own', { timeout: 60_000 }, async () => {
  const files = 8
  const programs = await bundle(folder)
  const { documents, server, config } = await stage(programs, { system: 'flexorch', adapter: 'documents', files, settleMs: 1_000, folder, workMs: 400, faults: 0, seed: 1 })
  const lock = `${config.journal}.lock`
  const lines = () => readFileSync(config.journal, 'utf8')
  // Its clock is ten minutes on as soon as the file says so.
  const [skew, clock] = [join(folder, 'skew'), join(folder, 'clock.mjs')]
  writeFileSync(skew, '0')
  writeFileSync(clock, `import { readFileSync } from 'node:fs'\nconst now = Date.now\nDate.now = () => now() + Number(readFileSync(${JSON.stringify(skew)}, 'utf8'))\n`)
  const first = new WorkerProcess(programs.worker, { ...config, timeout: 1_500 }, { NODE_OPTIONS: `--import=${pathToFileURL(clock).href}` })
  try {
    for (const end = Date.now() + 20_000; Date.now() < end && !exists(lines); ) await new Promise((resolve) => setTimeout(resolve, 5))
    first.freeze()
    expect(exists(lines)).toBe(true)
    writeFileSync(skew, '600000')
    // As another host sees it.
    writeFileSync(lock, JSON.stringify({ ...(JSON.parse(readFileSync(lock, 'utf8')) as object), host: 'elsewhere' }))
    const before = new Date(Date.now() - 600_000)
    utimesSync(lock, before, before)
    const second = await new WorkerProcess(programs.worker, { ...config, timeout: 1_500 }).ended
    expect([second.code, second.err]).toEqual([0, ''])
    expect(JSON.parse(second.out)).toMatchObject({ complete: true, total: files, states: { done: files } })
    const [journal, results] = [lines(), readFileSync(config.results, 'utf8')]
    first.thaw()
    const { code, out } = await first.ended
    expect([code, out]).toEqual([expect.any(Number), expect.not.stringContaining('"complete":true')])
    expect([lines(), readFileSync(config.results, 'utf8')]).toEqual([journal, results])
    expect({ ...compare(await server.ledger(), 'flexorch', files), ...resultsOf(config.results, documents, 'flexorch', files) }).toEqual({ accepted: files, doubled: [], missing: [], results: files, doubledResults: [], missingResults: [] })
  } finally {
    first.kill()
    await server.kill()
  }
})

function exists(lines: () => string): boolean {
  try {
    return lines().split('"t":"sending"').length > 3
  } catch {
    return false
  }
}
