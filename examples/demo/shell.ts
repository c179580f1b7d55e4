import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const bin = `${root}/packages/cli/bin/orkit.cjs`

export interface Outcome {
  readonly code: number
  readonly stdout: string
  /** stdout as JSON. */
  json<T>(): T
}

export interface How {
  readonly stdin?: string
  /** Shows stdout as it comes. */
  readonly show?: boolean
  /** Keeps stdout in a file. */
  readonly save?: string
  /** Exit codes that are as expected. Default: 0. */
  readonly expect?: readonly number[]
}

/** Runs the built CLI as a child process, the way a user calls it, and shows the command. */
export class Shell {
  constructor(private readonly env: Readonly<Record<string, string>>) {}

  async orkit(args: readonly string[], how: How = {}): Promise<Outcome> {
    process.stdout.write(`\u001b[2m$ orkit ${args.map(quote).join(' ')}\u001b[0m\n`)
    const child = spawn(process.execPath, [bin, ...args], { cwd: root, env: { ...process.env, ...this.env }, stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.end(how.stdin ?? '')
    const chunks: Buffer[] = []
    const file = how.save ? createWriteStream(how.save) : undefined
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      file?.write(chunk)
      if (how.show) process.stdout.write(chunk)
    })
    const [code] = (await once(child, 'close')) as [number | null]
    if (file) await new Promise((done) => file.end(done))
    const stdout = Buffer.concat(chunks).toString('utf8')
    if (!(how.expect ?? [0]).includes(code ?? -1)) throw new Error(`orkit ${args.join(' ')} ended with exit code ${code}\n${stdout}`)
    return {
      code: code ?? -1,
      stdout,
      json<T>() {
        try {
          return JSON.parse(stdout) as T
        } catch (error) {
          throw new Error(`orkit ${args.join(' ')} did not print JSON: ${stdout.slice(0, 300)}`, { cause: error })
        }
      },
    }
  }

  /** Starts `orkit mock` on a free port and waits for its first line. */
  async serve(): Promise<{ readonly server: Served; readonly child: ChildProcess }> {
    const child = spawn(process.execPath, [bin, 'mock', '--port', '0', '-o', 'json'], { cwd: root, env: { ...process.env, ...this.env }, stdio: ['ignore', 'pipe', 'inherit'] })
    const line = await new Promise<string>((resolve, reject) => {
      let text = ''
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8')
        if (text.includes('\n')) resolve(text)
      })
      child.once('exit', (code) => reject(new Error(`orkit mock ended with exit code ${code}`)))
    })
    return { server: JSON.parse(line) as Served, child }
  }
}

export interface Served {
  readonly url: string
  readonly systems: readonly { readonly system: string; readonly baseUrl: string; readonly credentials: Readonly<Record<string, string>> }[]
}

const quote = (text: string) => (/^[\w@%+=:,./*{}-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`)
