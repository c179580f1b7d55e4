import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Context } from '../app/command.js'
import { exit } from '../app/exit.js'
import { canColor } from '../app/io.js'
import { stateFolder } from '../app/paths.js'
import { printError, report } from '../app/report.js'
import type { Conversation, Turn } from './chat.js'

const HISTORY = 500
/** Lines that come this close together were pasted: they are one message. */
const PASTE = 25

/**
 * A conversation on the terminal. A line that ends with a backslash goes on in the next one, and so does what stands between two lines of `"""`.
 * Ctrl-C stops the answer, or empties the line; pressed again at an empty line it ends, as Ctrl-D does.
 */
export async function* interactive(conversation: Conversation, context: Context, system: string): AsyncGenerator<Turn> {
  const { io, settings } = context
  const { createInterface } = await import('node:readline')
  const file = join(stateFolder(io), `chat-history-${system}`)
  const reader = createInterface({ input: io.stdin.raw, output: io.stderr.raw, terminal: true, history: await remembered(file), historySize: HISTORY, removeHistoryDuplicates: true })
  const lines = new Lines()
  let answering: AbortController | undefined
  let warned = false
  reader.on('line', (line) => lines.push(line))
  reader.on('close', () => lines.end())
  reader.on('SIGINT', () => {
    if (answering && !answering.signal.aborted) return answering.abort()
    if (warned && reader.line === '') return reader.close()
    warned = reader.line === ''
    io.stderr.raw.write(warned ? '\n(Ctrl-C again, or Ctrl-D, ends the conversation.)\n' : '^C\n')
    lines.drop()
    // Empties what is typed without treating it as sent.
    ;(reader as unknown as { line: string; cursor: number }).line = ''
    ;(reader as unknown as { line: string; cursor: number }).cursor = 0
    reader.setPrompt('> ')
    reader.prompt()
  })
  const stop = () => reader.close()
  io.signal.addEventListener('abort', stop, { once: true })
  try {
    await context.note('Ctrl-D ends it. A \\ at the end of a line, or """, goes on in the next one.')
    for (;;) {
      const message = await lines.message(reader)
      if (message === undefined) return
      warned = false
      if (message.trim() === '') continue
      await remember(file, message)
      answering = new AbortController()
      try {
        yield* conversation.say(message, answering.signal)
      } catch (error) {
        if (io.signal.aborted) throw error
        if (answering.signal.aborted) await io.stderr.write('\n(stopped)')
        else await told(error, context)
      } finally {
        answering = undefined
      }
      if (settings.outputGiven && ['json', 'jsonl', 'yaml'].includes(settings.output)) continue
      yield { text: '\n', event: undefined }
    }
  } finally {
    io.signal.removeEventListener('abort', stop)
    reader.close()
  }
}

/** A failure ends the answer, not the conversation: but without a sign-in there will be none. */
async function told(error: unknown, { io, settings }: Context): Promise<void> {
  if (report(error).exit === exit.signIn) throw error
  await printError(error, io, { json: false, debug: settings.debug, color: canColor(io, io.stderr, !settings.color) })
}

/** Lines as they are entered, put together to messages. */
class Lines {
  private waiting: string[] = []
  private ended = false
  private wake: (() => void) | undefined

  push(line: string): void {
    this.waiting.push(line)
    this.wake?.()
  }

  end(): void {
    this.ended = true
    this.wake?.()
  }

  /** Forgets a message that is only half entered. */
  drop(): void {
    this.push(DROP)
  }

  /** The next message; undefined at the end. */
  async message(reader: { setPrompt(text: string): void; prompt(): void }): Promise<string | undefined> {
    let parts: string[] = []
    let quoted = false
    reader.setPrompt('> ')
    reader.prompt()
    for (;;) {
      const line = await this.next()
      if (line === undefined) return parts.length > 0 ? parts.join('\n') : undefined
      if (line === DROP) {
        parts = []
        quoted = false
        continue
      }
      const continued = !quoted && line.endsWith('\\')
      if (line.trim() === '"""') quoted = !quoted
      else parts.push(continued ? line.slice(0, -1) : line)
      if (quoted || continued) {
        reader.setPrompt('. ')
        reader.prompt()
        continue
      }
      await new Promise((resolve) => setTimeout(resolve, PASTE))
      if (this.waiting.length === 0 || this.waiting[0] === DROP) return parts.join('\n')
    }
  }

  private async next(): Promise<string | undefined> {
    while (this.waiting.length === 0) {
      if (this.ended) return undefined
      await new Promise<void>((resolve) => (this.wake = resolve))
    }
    return this.waiting.shift()
  }
}

/** No terminal can send this as a line. */
const DROP = '\u0000drop'

/** Newest first, as readline wants it; line ends inside a message are kept as JSON. */
async function remembered(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.split('\n').filter(Boolean).slice(-HISTORY).flatMap((line) => { try { return [String(JSON.parse(line)).replaceAll('\n', ' ')] } catch { return [] } }).toReversed()
}

/** What cannot be remembered is no reason to stop talking. */
async function remember(file: string, message: string): Promise<void> {
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 }).then(() => appendFile(file, `${JSON.stringify(message)}\n`, { mode: 0o600 })).catch(() => {})
}
