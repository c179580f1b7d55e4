import type { OutputStream } from '../io.js'
import { OutputError } from './output-error.js'
import { printable } from './plain.js'

/** A terminal that gets no control characters of a server's; in a pipe everything is as it is. JSON stays JSON: its strings know `\u009b`. */
export const guarded = (out: OutputStream): OutputStream =>
  out.isTTY ? Object.create(out, { write: { value: (text: string | Uint8Array) => out.write(typeof text === 'string' ? printable(text) : text) } }) as OutputStream : out

/** The bytes of a file for a terminal: text, made safe. What is no text is refused before anything is shown. */
export async function* showable(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const decode = (chunk?: Uint8Array) => {
    try {
      const text = chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
      if (!text.includes('\u0000')) return text
    } catch {
      // No UTF-8.
    }
    throw new OutputError('the result is no text, and would confuse the terminal', 'Save it with --out-file NAME, or pipe it on; -o raw sends it to the terminal all the same.')
  }
  for await (const chunk of stream) yield decode(chunk)
  yield decode()
}
