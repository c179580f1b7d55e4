import type { Command } from './command.js'
import { UsageError } from './usage-error.js'

/** Names what is required and was not given, all at once. */
export function requireInputs(command: Command, has: (name: string) => boolean): void {
  const missing = [
    ...command.args.filter((arg) => arg.required && !has(arg.name)).map((arg) => `<${arg.name}>`),
    ...command.flags.filter((f) => f.required && !has(f.name)).map((f) => `--${f.flag}`),
  ]
  if (missing.length === 0) return
  const usage = ['orkit', ...command.path].join(' ')
  const wanted = [...command.args.filter((arg) => arg.required).map((arg) => `<${arg.name}>`), ...command.flags.filter((f) => f.required).map((f) => `--${f.flag} <${f.flag.split('.').at(-1)}>`)]
  throw new UsageError(`missing ${missing.join(', ')}`, `Usage: ${usage} ${wanted.join(' ')}   (--help says more)`)
}
