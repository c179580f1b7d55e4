import { run } from '../../packages/cli/src/app/run.js'
import type { Io, OutputStream } from '../../packages/cli/src/app/io.js'
import { openClient } from '../../packages/cli/src/client/open.js'
import { commandTree } from '../../packages/cli/src/commands/catalog.js'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const manifests = fileURLToPath(new URL('../../packages/cli/src/manifest', import.meta.url))
const root = commandTree(manifests)
const parent = mkdtempSync(join(tmpdir(), 'orkit-contract-'))
let runs = 0

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a command line in process, with buffers for streams and a home of its own. */
export async function runCli(argv: readonly string[], env: Readonly<Record<string, string>>, signal: AbortSignal = new AbortController().signal): Promise<Ran> {
  const home = join(parent, String(++runs))
  mkdirSync(home)
  const out: Uint8Array[] = []
  const err: Uint8Array[] = []
  const sink = (chunks: Uint8Array[]): OutputStream => ({
    isTTY: false,
    columns: undefined,
    write: (text) => {
      chunks.push(typeof text === 'string' ? Buffer.from(text) : text)
      return Promise.resolve()
    },
    raw: process.stderr,
  })
  const io: Io = {
    stdin: { isTTY: false, bytes: () => Promise.resolve(new Uint8Array()), text: () => Promise.resolve(''), raw: process.stdin },
    stdout: sink(out),
    stderr: sink(err),
    env: { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), XDG_STATE_HOME: join(home, 'state'), ORKIT_CREDENTIAL_STORE: 'file', ...env },
    cwd: home,
    platform: process.platform,
    now: Date.now,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    signal,
    self: { node: process.execPath, nodeVersion: process.versions.node, script: '', uptime: () => performance.now() },
  }
  const code = await run({ root, version: '0.0.0-test', openClient: (...given) => openClient(...given, { rateLimit: false }) }, argv, io)
  return { code, out: Buffer.concat(out).toString(), err: Buffer.concat(err).toString() }
}
