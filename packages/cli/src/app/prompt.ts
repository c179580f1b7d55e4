import { InterruptedError, type Io } from './io.js'
import { UsageError } from './usage-error.js'

/** Asks one line on the terminal. `hidden` shows nothing of what is typed. */
export async function ask(io: Io, question: string, { hidden = false } = {}): Promise<string> {
  const { createInterface } = await import('node:readline')
  const { Writable } = await import('node:stream')
  let silent = false
  const echo = new Writable({
    write(chunk, _encoding, done) {
      if (!silent) io.stderr.raw.write(chunk)
      done()
    },
  })
  const asked = new AbortController()
  const lines = createInterface({ input: io.stdin.raw, output: echo, terminal: true })
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.question(`${question}: `, resolve)
      silent = hidden
      lines.once('close', () => reject(new UsageError('no answer was given')))
      // The terminal is in raw mode: Ctrl-C comes as a key. Other signals come as ever.
      lines.once('SIGINT', () => reject(new InterruptedError('SIGINT')))
      io.signal.addEventListener('abort', () => reject(io.signal.reason as Error), { signal: asked.signal })
    })
  } finally {
    asked.abort()
    lines.close()
    if (hidden) io.stderr.raw.write('\n')
  }
}

/** A yes-or-no question; only `y` and `yes` mean yes. */
export const confirm = async (io: Io, question: string): Promise<boolean> => /^y(es)?$/i.test((await ask(io, `${question} [y/N]`)).trim())
