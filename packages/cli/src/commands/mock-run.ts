import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Context, Input, Result } from '../app/command.js'
import { rateLimits } from './mock.js'

const systems = ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'] as const

/** Runs a command with a server of its own and ends as the command does. */
export async function runMockRun(context: Context, { values }: Input): Promise<Result> {
  const [program, ...args] = values['command'] as string[]
  const { createMock } = await import('@orkit/mock')
  const mock = createMock({
    rateLimits: rateLimits((values['rate-limits'] as string | undefined) ?? 'off'),
    ...(values['seed'] === undefined ? {} : { seed: values['seed'] as string }),
    ...(values['job-duration'] === undefined ? {} : { jobDuration: values['job-duration'] as number }),
    ...(values['strict'] === true ? { strict: true } : {}),
  })
  context.onClose(() => mock.close())
  const { url } = await mock.listen({ port: 0 })
  const home = await mkdtemp(join(tmpdir(), 'orkit-run-'))
  context.onClose(() => rm(home, { recursive: true, force: true }))
  const env: Record<string, string | undefined> = {
    ...context.io.env,
    ORKIT_MOCK_URL: url,
    // Sign-ins of the user must not be used against the server, nor those of the test be kept.
    ORKIT_CREDENTIAL_STORE: 'file',
    XDG_CONFIG_HOME: join(home, 'config'),
    XDG_STATE_HOME: join(home, 'state'),
    APPDATA: join(home, 'config'),
    LOCALAPPDATA: join(home, 'state'),
  }
  delete env['ORKIT_MOCK']
  delete env['ORKIT_PROFILE']
  for (const system of systems) {
    env[`${system.toUpperCase()}_BASE_URL`] = `${url}${new URL(mock.baseUrl(system)).pathname}`
    for (const [name, value] of Object.entries(await mock.credentials(system))) {
      if (typeof value === 'string') env[`${system.toUpperCase()}_${name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()}`] = value
    }
  }
  return { kind: 'none', exit: await run(program!, args, env, context) }
}

/** The child shares the terminal: Ctrl-C reaches it by itself, other signals are passed on. Resolves with the exit code. */
function run(program: string, args: readonly string[], env: Record<string, string | undefined>, { io }: Context): Promise<number> {
  return new Promise((resolve, reject) => {
    // On Windows most commands of a script are batch files, which only the shell can start.
    const windows = io.platform === 'win32'
    const child = spawn(windows ? quoted(program) : program, windows ? args.map(quoted) : [...args], { stdio: 'inherit', env: env as NodeJS.ProcessEnv, cwd: io.cwd, shell: windows })
    const pass = () => {
      const signal = receivedOf(io.signal.reason)
      // The terminal has sent it to the child already.
      if (!(signal === 'SIGINT' && io.stdin.isTTY)) child.kill(signal)
    }
    io.signal.addEventListener('abort', pass, { once: true })
    child.once('error', (error: NodeJS.ErrnoException) => {
      io.signal.removeEventListener('abort', pass)
      if (error.code === 'ENOENT') io.stderr.write(`orkit: ${program}: command not found\n`).then(() => resolve(127), reject)
      else if (error.code === 'EACCES') io.stderr.write(`orkit: ${program}: not executable\n`).then(() => resolve(126), reject)
      else reject(error)
    })
    child.once('exit', (code, signal) => {
      io.signal.removeEventListener('abort', pass)
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]))
    })
  })
}

/** For cmd.exe. */
const quoted = (word: string): string => (/^[\w./:\\=-]+$/.test(word) ? word : `"${word.replaceAll('"', '""')}"`)

const receivedOf = (reason: unknown): NodeJS.Signals => ((reason as { received?: NodeJS.Signals } | undefined)?.received ?? 'SIGTERM')
