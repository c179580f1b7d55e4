import type { FlagManifest } from './manifest.js'

/** The global flags, resolved. */
export interface Settings {
  readonly output: OutputFormat
  /** The format was asked for; otherwise streams of text stay text. */
  readonly outputGiven: boolean
  readonly fields: readonly string[] | undefined
  /** jq expression laid over the result. */
  readonly jq: string | undefined
  /** CSV cells that a spreadsheet would run as a formula are left as they are. */
  readonly csvFormulas: boolean
  readonly profile: string
  readonly baseUrl: string | undefined
  readonly mock: boolean
  readonly timeout: number | undefined
  readonly maxRetries: number | undefined
  readonly max: number | undefined
  readonly dryRun: boolean
  readonly wait: boolean
  readonly yes: boolean
  readonly quiet: boolean
  readonly verbose: boolean
  readonly debug: boolean
  readonly color: boolean
  readonly progress: boolean
  readonly input: boolean
  readonly outFile: string | undefined
}

export const outputFormats = ['table', 'json', 'jsonl', 'yaml', 'csv', 'raw'] as const
export type OutputFormat = (typeof outputFormats)[number]

interface GlobalFlag {
  readonly flag: string
  readonly short?: string
  /** Placeholder of its value; absent: a switch. */
  readonly value?: string
  readonly choices?: readonly string[]
  readonly description: string
}

/** Flags that every command takes. */
export const globalFlags: readonly GlobalFlag[] = [
  { flag: 'output', short: 'o', value: 'FORMAT', choices: outputFormats, description: 'table on a terminal, json otherwise' },
  { flag: 'fields', value: 'a,b', description: 'only these members of each row' },
  { flag: 'jq', value: 'EXPR', description: 'filter the result with a jq expression' },
  { flag: 'csv-formulas', description: 'leave CSV cells that a spreadsheet would run' },
  { flag: 'max', value: 'N', description: 'stop a list after N items' },
  { flag: 'out-file', value: 'FILE', description: 'write the result to FILE; the name says the format, unless -o does' },
  { flag: 'wait', description: 'follow what was started to its end' },
  { flag: 'profile', value: 'NAME', description: 'profile to use [env ORKIT_PROFILE]' },
  { flag: 'base-url', value: 'URL', description: 'where the API is' },
  { flag: 'mock', description: 'use the built-in reference server, in process' },
  { flag: 'timeout', value: 'SECONDS', description: 'limit for one attempt' },
  { flag: 'max-retries', value: 'N', description: 'how often to try again' },
  { flag: 'dry-run', description: 'print the request as curl, send nothing' },
  { flag: 'yes', short: 'y', description: 'answer yes to every question' },
  { flag: 'quiet', short: 'q', description: 'results only' },
  { flag: 'verbose', short: 'v', description: 'say what is done' },
  { flag: 'debug', description: 'log requests, secrets hidden' },
  { flag: 'no-color', description: 'no colours' },
  { flag: 'no-progress', description: 'no progress display' },
  { flag: 'no-input', description: 'never ask' },
  { flag: 'help', short: 'h', description: 'help for the command' },
]

/** A flag of a hand-written command. */
export const flag = (
  name: string,
  description: string,
  more: Partial<FlagManifest> = {},
): FlagManifest => ({ name, flag: name, in: 'body', type: 'string', description, ...more })
