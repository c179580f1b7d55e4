import { appendFile } from 'node:fs/promises'
import type { Io } from './io.js'

/** What a GitHub Actions job shows of a run: annotations beside its log, and a summary on its page. Nothing at all elsewhere. */

export const inActions = (io: Io): boolean => io.env['GITHUB_ACTIONS'] === 'true'

export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice'
  readonly title: string
  readonly message: string
  /** Path in the repository, relative to its root. */
  readonly file?: string
}

/** GitHub shows ten annotations of a kind for each step; more would only fill the log. */
export const MAX_ANNOTATIONS = 10

/** On stderr: stdout carries results, and the runner reads both. */
export async function annotate(io: Io, annotations: readonly Annotation[]): Promise<void> {
  if (!inActions(io)) return
  for (const { level, title, message, file } of annotations.slice(0, MAX_ANNOTATIONS)) {
    const properties = [...(file === undefined ? [] : [`file=${property(file)}`]), `title=${property(title)}`].join(',')
    await io.stderr.write(`::${level} ${properties}::${data(message)}\n`)
  }
}

/** Adds Markdown to the summary of the step. A summary that cannot be written fails nothing. */
export async function stepSummary(io: Io, markdown: string): Promise<void> {
  const file = io.env['GITHUB_STEP_SUMMARY']
  if (!inActions(io) || !file) return
  try {
    await appendFile(file, `${markdown.trimEnd()}\n\n`)
  } catch (error) {
    await annotate(io, [{ level: 'warning', title: 'orkit', message: `the step summary cannot be written: ${(error as Error).message}` }])
  }
}

/** A Markdown table; what is in a cell stays in it. */
export function markdownTable(header: readonly string[], rows: readonly (readonly unknown[])[]): string {
  const line = (cells: readonly unknown[]) => `| ${cells.map(cell).join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}

const cell = (value: unknown) => String(value ?? '').replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll(/[\r\n]+/g, ' ')

// The runner's own escapes: a server's text must not become a command.
const data = (text: string) => text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
