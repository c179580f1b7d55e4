import type { CommandManifest, FlagManifest, SystemManifest } from '../app/manifest.js'
import { convert } from '../app/parse.js'
import { UsageError } from '../app/usage-error.js'

/** Parameters that an operation takes beside its file. */
export interface Params {
  /** The type of a parameter given as text. */
  convert(name: string, text: string): unknown
  /** What is wrong with a set of parameters. */
  check(params: Readonly<Record<string, unknown>>): string | undefined
}

export function paramsOf(manifest: SystemManifest, operation: string): Params {
  const entry = manifest.commands.find((each) => each.id === operation)
  const known = inputsOf(entry)
  return {
    convert(name, text) {
      const input = known.get(name)
      return input === undefined ? text : convert(input, text)
    },
    check(params) {
      if (entry === undefined) return undefined
      for (const [name, value] of Object.entries(params)) {
        const input = known.get(name)
        if (input === undefined) return `${name} is not a parameter of ${operation}${known.size > 0 ? `; it takes ${[...known.keys()].join(', ')}` : ''}`
        if (input.enum && !input.enum.includes(value as string | number)) return `${name} must be one of ${input.enum.join(', ')}`
      }
      return undefined
    },
  }
}

/** Values of `--param`, `name=text` or `name:=json`. */
export function givenParams(params: Params, given: readonly string[]): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const each of given) {
    const match = /^([^=:]+)(:=|=)(.*)$/s.exec(each)
    if (!match) throw new UsageError(`--param ${each}: no '='`, 'Use --param name=text or --param name:=json.')
    const [, name, kind, text] = match as unknown as [string, string, string, string]
    try {
      values[name] = kind === ':=' ? JSON.parse(text) : params.convert(name, text)
    } catch (error) {
      throw new UsageError(`--param ${name}: ${(error as Error).message}`)
    }
  }
  const problem = params.check(values)
  if (problem !== undefined) throw new UsageError(`--param: ${problem}`)
  return values
}

function inputsOf(entry: CommandManifest | undefined): Map<string, FlagManifest> {
  const inputs = [...(entry?.flags ?? []), ...(entry?.args ?? [])] as FlagManifest[]
  return new Map(inputs.filter((input) => input.in !== 'path' && input.type !== 'file' && input.items !== 'file' && !input.name.includes('.')).map((input) => [input.name, input]))
}
