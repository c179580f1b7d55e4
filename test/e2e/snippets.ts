import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The code in the documentation, so that tests can run it. */

export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Snippet {
  /** `docs/sdk.md:12`, the line of its first line. */
  readonly name: string
  readonly file: string
  readonly line: number
  readonly code: string
}

const FENCE = /^```(\w+)\n([\s\S]*?)^```$/gm

/** Every fenced block of that language. */
export function snippetsOf(file: string, language: string): Snippet[] {
  if (!existsSync(`${root}/${file}`)) return []
  const text = readFileSync(`${root}/${file}`, 'utf8')
  return [...text.matchAll(FENCE)].filter((match) => match[1] === language).map((match) => {
    const line = text.slice(0, match.index).split('\n').length + 1
    return { name: `${file}:${line}`, file, line, code: match[2]! }
  })
}

/** The commands of the `console` blocks after a line `<!-- runnable -->`. */
export function commandsOf(file: string): string[] {
  const text = readFileSync(`${root}/${file}`, 'utf8')
  return [...text.matchAll(/<!-- runnable -->\s*```console\n([\s\S]*?)^```$/gm)].flatMap((match) => match[1]!.split('\n').filter((line) => line.startsWith('$ ')).map((line) => line.slice(2)))
}
