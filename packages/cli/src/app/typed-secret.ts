import type { Command } from './command.js'
import type { Parsed } from './parse.js'
import { valueAt } from './value-at.js'

/** What on the command line holds a secret, as the document marks them; undefined when nothing does. What comes from a file or stdin is none of it. */
export function typedSecret({ flags }: Pick<Command, 'flags'>, parsed: Parsed, body: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const secrets = flags.filter(({ format }) => format === 'password')
  const flagged = secrets.find(({ name }) => valueAt(parsed.values, name) !== undefined)
  if (flagged !== undefined) return `--${flagged.flag}`
  const field = secrets.find(({ name }) => parsed.fields.some((text) => text.startsWith(`${name}:=`) || (text.startsWith(`${name}=`) && !text.startsWith(`${name}=@`))))
  if (field !== undefined) return `-F ${field.name}`
  const isInline = parsed.body !== undefined && parsed.body !== '-' && !parsed.body.startsWith('@')
  return isInline && secrets.some(({ name }) => valueAt(body, name) !== undefined) ? '--body' : undefined
}

/** It is seen by other programs and kept by the shell. */
export const secretWarning = (what: string, { body }: Pick<Command, 'body'>): string =>
  `warning: ${what} on the command line is seen by other programs and kept by the shell: ${body ? 'use --body @file, or --body - to read stdin' : 'set it in the environment instead, as --help says'}`
