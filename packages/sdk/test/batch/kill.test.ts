import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { Ledger } from './ledger.js'

const folder = mkdtempSync(join(tmpdir(), 'orkit-kill-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const FILES = 100
const KILLS = 10
const worker = fileURLToPath(new URL('./worker.ts', import.meta.url))
const tsx = fileURLToPath(new URL('../../../../node_modules/tsx/dist/loader.mjs', import.meta.url))
const env = { ...process.env, TSX_TSCONFIG_PATH: fileURLToPath(new URL('../../../../tsconfig.base.json', import.meta.url)) }

interface Ended { readonly signal: NodeJS.Signals | null; readonly code: number | null; readonly out: string; readonly err: string }

/** Starts a worker; `killed` says when it is to die. */
function run(args: readonly string[], killed?: (done: Promise<unknown>) => Promise<boolean>): Promise<Ended> {
  const child = spawn(process.execPath, ['--import', tsx, worker, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => void (out += String(chunk)))
  child.stderr.on('data', (chunk) => void (err += String(chunk)))
  const ended = new Promise<Ended>((resolve) => child.on('close', (code, signal) => resolve({ code, signal, out, err })))
  void killed?.(ended).then((kill) => kill && child.kill('SIGKILL'))
  return ended
}

describe('killed at any moment', () => {
  it.each(['flexorch', 'orckai'])(`${FILES} files, ${KILLS} kills, %s: each file taken once, each result there once`, { timeout: 120_000 }, async (system) => {
    const files = join(folder, system)
    mkdirSync(files)
    for (let index = 0; index < FILES; index++) writeFileSync(join(files, `f${index}.txt`), `content of file ${index} `.repeat(20))
    // Slower than a client lives: what is under way when it dies is taken in nevertheless.
    const ledger = new Ledger({ workMs: 300, jobMs: 200, forgetful: system === 'orckai' })
    const port = await ledger.listen()
    const results = join(folder, `${system}.jsonl`)
    const args = [system, String(port), files, join(folder, `${system}.journal`), results]
    let kills = 0
    for (; kills < KILLS; kills++) {
      const target = ledger.uploads + 1 + Math.floor(Math.random() * 9)
      const delay = Math.random() * 400
      const { signal, code, err } = await run(args, async (ended) => {
        let alive = true
        void ended.then(() => (alive = false))
        while (alive && ledger.uploads < target) await new Promise((resolve) => setTimeout(resolve, 5))
        await new Promise((resolve) => setTimeout(resolve, delay))
        return alive
      })
      if (signal === null) {
        expect(err).toBe('')
        expect(code).toBe(0)
        break
      }
    }
    const last = await run(args)
    expect(last.err).toBe('')
    expect(JSON.parse(last.out)).toMatchObject({ total: FILES, complete: true, states: { done: FILES } })
    expect(kills).toBeGreaterThanOrEqual(5)
    expect(ledger.accepted).toHaveLength(FILES)
    expect(new Set(ledger.accepted.map((each) => each.filename)).size).toBe(FILES)
    const rows = readFileSync(results, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as { path: string })
    expect(rows).toHaveLength(FILES)
    expect(new Set(rows.map((each) => each.path)).size).toBe(FILES)
    // No more was sent again than was under way when it died.
    expect(ledger.uploads).toBeLessThanOrEqual(FILES + kills * 8)
    await ledger.close()
  })
})
