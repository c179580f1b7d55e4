import type { Io } from './io.js'
import { fit, width } from './output/text.js'
import type { Settings } from './settings.js'

/** How something long shows where it is: a block that is redrawn, a line now and then, events for machines, or nothing. Always on stderr. */
export type ProgressMode = 'block' | 'lines' | 'jsonl' | 'none'

export function progressMode(io: Io, settings: Settings, choice: string | undefined): ProgressMode {
  if (!settings.progress || choice === 'none') return 'none'
  if (choice === 'jsonl') return 'jsonl'
  const canDraw = io.stderr.isTTY && io.env['TERM'] !== 'dumb' && !io.env['CI']
  // Rows that are printed as they come would tear the block apart.
  const streams = io.stdout.isTTY && settings.output !== 'table' && settings.output !== 'yaml'
  return canDraw && !streams ? 'block' : 'lines'
}

export interface ProgressSource {
  /** Lines of the block; each is cut to the width of the terminal. */
  block(): readonly string[]
  /** The same in one line. */
  line(): string
}

export interface Progress {
  /** Something changed: shown when it is time. */
  changed(): void
  /** For machines only. */
  event(value: object): void
  /** A line that stays, above the block. */
  note(text: string): void
  /** Takes the block away. */
  stop(): Promise<void>
}

const FRAME = 100
const LINE = 5_000

export function startProgress(io: Io, mode: ProgressMode, source: ProgressSource, quiet = false): Progress {
  let drawn: readonly string[] = []
  let dirty = false
  let last: Promise<unknown> = Promise.resolve()
  let printed = ''
  const write = (text: string) => {
    // A reader that is gone does not stop the work.
    last = last.then(() => io.stderr.write(text)).catch(() => {})
  }
  const draw = () => {
    const columns = Math.max(20, (io.stderr.columns ?? 80) - 1)
    const lines = source.block().map((line) => fit(line, columns))
    if (lines.join('\n') === drawn.join('\n')) return
    write(`${erase(drawn, columns + 1)}${lines.map((line) => `${line}\n`).join('')}`)
    drawn = lines
  }
  const tell = () => {
    const line = source.line()
    if (line !== printed) write(`${line}\n`)
    printed = line
  }
  const tick = () => {
    // A countdown runs without news.
    if (mode === 'block' && (dirty || drawn.length > 0)) draw()
    else if (mode === 'lines' && dirty) tell()
    dirty = false
  }
  const timer = mode === 'block' || mode === 'lines' ? setInterval(tick, mode === 'block' ? FRAME : LINE) : undefined
  timer?.unref()
  return {
    changed() {
      dirty = true
    },
    event(value) {
      if (mode === 'jsonl') write(`${JSON.stringify(value)}\n`)
    },
    note(text) {
      if (quiet) return
      if (mode === 'jsonl') return write(`${JSON.stringify({ type: 'note', text })}\n`)
      const columns = io.stderr.columns ?? 80
      write(`${erase(drawn, columns)}${text}\n`)
      drawn = []
      if (mode === 'block') draw()
    },
    async stop() {
      clearInterval(timer)
      if (mode === 'block') write(erase(drawn, io.stderr.columns ?? 80))
      drawn = []
      await last
    },
  }
}

/** Goes back to the first line of what was drawn and clears from there; lines that a narrower window has wrapped count as several. */
function erase(lines: readonly string[], columns: number): string {
  if (lines.length === 0) return ''
  const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(width(line) / columns)), 0)
  return `\r\u001b[${rows}A\u001b[J`
}
