import type { ApiClient } from '@orkit/sdk/core'
import type { Io } from './io.js'
import type { ArgManifest, FlagManifest } from './manifest.js'
import type { Settings } from './settings.js'

/** A command is data: help, completion and docs are made from it, and `load` brings its code only when it runs. */
export interface Command {
  /** Words after `orkit`: `['orckai', 'agents', 'list']`. */
  readonly path: readonly string[]
  readonly aliases?: readonly string[]
  /** For programs: no help and no list shows it. */
  readonly hidden?: true
  readonly summary: string
  readonly description?: string
  readonly args: readonly ArgManifest[]
  readonly flags: readonly FlagManifest[]
  /** Argument lines after the command's own words. */
  readonly examples?: readonly string[]
  /** False: examples are shown without `--mock`, as no server is involved. */
  readonly offline?: false
  /** Label and text shown at the foot of the help: scope, rate limit, origin, documentation. */
  readonly facts?: readonly (readonly [label: string, text: string])[]
  /** The body may be given whole, by `--body` and `-F`. */
  readonly body?: 'json' | 'multipart'
  /** Runs without the settings of the config file: it must work when that file is wrong. */
  readonly withoutConfig?: true
  /** `--wait` follows what it starts. */
  readonly wait?: true
  /** `--dry-run` shows what it would send. */
  readonly dryRun?: true
  /** Asks before it acts, unless `--yes`. */
  readonly destructive?: string
  load(): Promise<Run>
}

export type Run = (context: Context, input: Input) => Promise<Result>

/** Values of arguments and flags by wire name, typed as the command says. Nested members are already in place. */
export interface Input {
  readonly values: Readonly<Record<string, unknown>>
  /** Body given by `--body`, before flags are laid over it. */
  readonly body?: Readonly<Record<string, unknown>>
}

export interface Context {
  readonly io: Io
  readonly settings: Settings
  /** Client of a system with the credentials of the chosen profile, made on first use. */
  client(system: string): Promise<ApiClient>
  /** One line to the user, on stderr, unless `--quiet`. */
  note(text: string): Promise<void>
  /** Called after the command has ended, whatever its outcome. */
  onClose(action: () => Promise<void> | void): void
}

/** What a command gives back; one renderer prints it. */
export type Result =
  | { readonly kind: 'value'; readonly value: unknown; readonly columns?: readonly string[]; readonly exit?: number }
  | { readonly kind: 'rows'; readonly rows: AsyncIterable<unknown> | Iterable<unknown>; readonly columns?: readonly string[]; /** What the rows are, in the plural: `agents`. */ readonly noun?: string; readonly exit?: () => number }
  | { readonly kind: 'text'; readonly chunks: AsyncIterable<{ readonly text: string; readonly event: unknown }> }
  | { readonly kind: 'bytes'; readonly stream: AsyncIterable<Uint8Array> }
  | { readonly kind: 'none'; readonly message?: string; readonly exit?: number }
