import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createMock, type Mock, type MockOptions } from '@orkit/mock'

export const root = fileURLToPath(new URL('../../..', import.meta.url))
/** The binary as it is installed; `npm test` has built it. */
export const bin = (name = 'orkit') => join(root, 'packages/cli/bin', `${name}.cjs`)

export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly ended: Promise<Ended>
  readonly child: ReturnType<typeof spawn>
  /** Resolves when stdout or stderr holds this. */
  shows(text: string): Promise<string>
}

/** A clean environment: nothing of the user's, no colours, not in a workflow. */
export function cleanEnv(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const home = mkdtempSync(join(tmpdir(), 'orkit-e2e-'))
  return { PATH: process.env['PATH']!, HOME: home, XDG_CONFIG_HOME: join(home, 'config'), XDG_STATE_HOME: join(home, 'state'), XDG_CACHE_HOME: join(home, 'cache'), ORKIT_CREDENTIAL_STORE: 'file', ...more }
}

export function start(args: readonly string[], { env = {}, stdin, cwd = root, command = process.execPath }: { env?: Readonly<Record<string, string>>; stdin?: string; cwd?: string; command?: string } = {}): Running {
  const child = spawn(command, command === process.execPath ? [bin(), ...args] : [...args], { cwd, env: cleanEnv(env), stdio: ['pipe', 'pipe', 'pipe'] })
  const text = { out: '', err: '' }
  const waiting = new Set<() => void>()
  const take = (name: 'out' | 'err') => (chunk: Buffer) => {
    text[name] += chunk.toString('utf8')
    for (const look of waiting) look()
  }
  child.stdout.on('data', take('out'))
  child.stderr.on('data', take('err'))
  child.stdin.on('error', () => {})
  child.stdin.end(stdin ?? '')
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...text }))
  })
  return {
    child,
    ended,
    shows: (wanted) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!`${text.out}${text.err}`.includes(wanted)) return
          waiting.delete(look)
          resolve(`${text.out}${text.err}`)
        }
        waiting.add(look)
        look()
        void ended.then(({ code, out, err }) => reject(new Error(`ended with ${code} before it showed '${wanted}':\n${out}\n${err}`)), reject)
      }),
  }
}

/** Runs the built binary to its end. */
export const orkit = (args: readonly string[], options?: Parameters<typeof start>[1]): Promise<Ended> => start(args, options).ended

const systems = ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'] as const

/** The reference server on a port, and what a command needs in its environment to use it. */
export async function server(options: MockOptions = {}): Promise<{ mock: Mock; url: string; env: Record<string, string> }> {
  const mock = createMock({ rateLimits: 'off', jobDuration: 400, streamDelay: 5, ...options })
  const { url } = await mock.listen({ port: 0 })
  const env: Record<string, string> = {}
  for (const system of systems) {
    env[`${system.toUpperCase()}_BASE_URL`] = `${url}${new URL(mock.baseUrl(system)).pathname}`
    for (const [name, value] of Object.entries(await mock.credentials(system))) if (['apiKey', 'email', 'password'].includes(name)) env[`${system.toUpperCase()}_${name === 'apiKey' ? 'API_KEY' : name.toUpperCase()}`] = String(value)
  }
  return { mock, url, env }
}
