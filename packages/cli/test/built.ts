import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The built CLI; `npm test` builds before it tests. */
export const bin = fileURLToPath(new URL('../bin/orkit.cjs', import.meta.url))
export const isBuilt = existsSync(fileURLToPath(new URL('../dist/main.cjs', import.meta.url)))

/** A test that needs a program which is not here is skipped on a developer's machine; in CI that is a failure. */
export const missing = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0 && !process.env['CI']

export interface Ran {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs a program to its end. It sees this environment and nothing else but PATH. */
export const exec = (command: string, args: readonly string[], options: { env?: Record<string, string | undefined>; stdin?: string; cwd?: string } = {}): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, env: { PATH: process.env['PATH'], ...options.env } })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk) => (out += String(chunk)))
    child.stderr.on('data', (chunk) => (err += String(chunk)))
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, out, err }))
    child.stdin.on('error', () => {})
    child.stdin.end(options.stdin ?? '')
  })

export const orkit = (args: readonly string[], options: Parameters<typeof exec>[2] = {}): Promise<Ran> => exec(process.execPath, [bin, ...args], options)

/** Runs a shell line on a pseudo-terminal and answers its questions: each answer is typed when its question has appeared. */
export const onTerminal = (line: string, answers: readonly (readonly [question: string, answer: string])[], env: Record<string, string | undefined>): Promise<{ code: number | null; screen: string }> =>
  new Promise((resolve, reject) => {
    const child = spawn('script', ['-qec', line, '/dev/null'], { env: { PATH: process.env['PATH'], TERM: 'xterm', ...env } })
    let screen = ''
    let next = 0
    let from = 0
    child.stdout.on('data', (chunk) => {
      screen += String(chunk)
      const wanted = answers[next]
      const at = wanted ? screen.indexOf(wanted[0], from) : -1
      if (wanted && at !== -1) {
        from = at + wanted[0].length
        next++
        setTimeout(() => child.stdin.write(wanted[1]), 50)
      }
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, screen }))
  })
