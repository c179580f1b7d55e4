import { execFile, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bin, cleanEnv, orkit, server } from './support/cli.js'

const run = promisify(execFile)
const python = spawnSync('python3', ['-c', 'import pty']).status === 0
const dialogue = fileURLToPath(new URL('support/dialogue.py', import.meta.url))
let served: Awaited<ReturnType<typeof server>>
beforeAll(async () => {
  // A skip is a failure where everything should be there.
  if (!python && process.env['CI'] === 'true') throw new Error('python3 is needed for the pseudo-terminal')
  served = await server({ systems: ['orckai', 'orca'], streamDelay: 30, jobDuration: 2_500 })
}, 60_000)
afterAll(() => served?.mock.close())

interface Step {
  readonly expect: string
  readonly send?: string
  readonly pause?: number
}

async function talk(args: readonly string[], steps: readonly Step[]): Promise<{ code: number; screen: string }> {
  const env = { ...cleanEnv(served.env), TERM: 'xterm', COLUMNS: '80' }
  const { stdout } = await run('python3', [dialogue, JSON.stringify({ steps, timeout: 20 }), process.execPath, bin(), ...args], { env })
  const { code, screen, problem } = JSON.parse(stdout) as { code: number; screen: string; problem: string | null }
  expect(problem, screen).toBeNull()
  return { code, screen }
}

describe.skipIf(!python)('chat on a terminal', () => {
  it('answers, remembers the conversation, takes several lines, stops an answer, and ends with the second Ctrl-C', async () => {
    const { code, screen } = await talk(['orckai', 'chat'], [
      { expect: '> ', send: 'hello there\r' },
      { expect: 'You said: "hello there"' },
      { expect: '> ', send: '"""\rline one\rline two\r"""\r' },
      { expect: 'message 2 of our conversation' },
      { expect: '> ', send: 'one \\\rtwo\r' },
      { expect: 'message 3 of our conversation' },
      { expect: '> ', send: `${'a long story '.repeat(60)}\r` },
      { expect: 'You said', send: '\u0003' },
      { expect: '(stopped)' },
      // The line before is in the history; Ctrl-C empties it, and ends nothing.
      { expect: '> ', send: '\u001b[A', pause: 0.2 },
      { expect: 'a long story', send: '\u0003', pause: 0.2 },
      { expect: '> ', send: 'still here\r' },
      { expect: 'You said: "still here"' },
      { expect: '> ', send: '\u0003', pause: 0.2 },
      { expect: 'Ctrl-C again', send: '\u0003', pause: 0.2 },
    ])
    expect(code).toBe(0)
    // The answer that was stopped did not come to its end.
    expect(screen.match(/nothing else\./g)).toHaveLength(4)
  }, 60_000)

  it('goes on after an answer that failed', async () => {
    await fetch(`${served.url}/__orkit/faults`, { method: 'POST', body: JSON.stringify({ system: 'orckai', operation: 'chat.stream', status: 400, times: 1 }) })
    const { code, screen } = await talk(['orckai', 'chat'], [
      { expect: '> ', send: 'first\r' },
      { expect: 'error:' },
      { expect: '> ', send: 'second\r' },
      { expect: 'You said: "second"' },
      { expect: '> ', send: '\u0004', pause: 0.5 },
    ])
    expect(code, screen).toBe(0)
  }, 60_000)

  it('ends with Ctrl-D, for orca too', async () => {
    const { code } = await talk(['orca', 'chat'], [{ expect: '> ', send: 'What is in the files?\r' }, { expect: '> ', send: '\u0004', pause: 0.5 }])
    expect(code).toBe(0)
  }, 60_000)
})

describe('chat in a pipe', () => {
  it('takes a file from stdin beside the message, and gives events as lines', async () => {
    const { code, out } = await orkit(['orckai', 'chat', 'Summarise:', '-', '--system-prompt', 'Be brief.', '-o', 'jsonl'], { env: served.env, stdin: 'the text of a file\n' })
    expect(code).toBe(0)
    const events = out.trim().split('\n').map((line) => JSON.parse(line) as { content: string; done?: boolean; conversationId?: string })
    expect(events.at(-1)!.done).toBe(true)
    const sent = JSON.parse(served.mock.journal.entries({ operationId: 'chat.stream' }).at(-1)!.body!) as { message: string; systemPrompt: string }
    expect(sent).toMatchObject({ message: 'Summarise:\n\nthe text of a file', systemPrompt: 'Be brief.' })
    const id = events.find(({ conversationId }) => conversationId)!.conversationId!
    const again = await orkit(['orckai', 'chat', 'And now?', '--continue', id], { env: served.env })
    expect(again.out).toContain('message 2 of our conversation')
  })

  it('stops at Ctrl-C with 130', async () => {
    const { start } = await import('./support/cli.js')
    const talking = start(['orckai', 'chat', 'a long story '.repeat(60)], { env: served.env })
    await talking.shows('You said')
    talking.child.kill('SIGINT')
    expect((await talking.ended).code).toBe(130)
  })
})

describe.skipIf(!python)('watch on a terminal', () => {
  it('draws a bar, and shows what came of it', async () => {
    const job = await startedJob()
    const { code, screen } = await talk(['orca', 'watch', job], [{ expect: '[#' }])
    expect(code).toBe(0)
    expect(screen).toMatch(/\[#+-*\] +\d+ %/)
    expect(screen).toMatch(/status[^\n]*completed/)
  }, 60_000)

  async function startedJob(): Promise<string> {
    const file = JSON.parse((await orkit(['orca', 'files', 'list', '--max', '1'], { env: served.env })).out) as { id?: number; file_id?: number }[]
    const made = JSON.parse((await orkit(['orca', 'jobs', 'create', '--file-ids', String(file[0]!.file_id ?? file[0]!.id)], { env: served.env })).out) as { job_id?: string; id?: string }
    const id = String(made.job_id ?? made.id)
    expect((await orkit(['orca', 'jobs', 'start', id], { env: served.env })).code).toBe(0)
    return id
  }
})
