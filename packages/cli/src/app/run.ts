import type { Command, Context } from './command.js'
import { join } from 'node:path'
import type { Config } from './config.js'
import { exit } from './exit.js'
import { ClosedPipeError, canColor, canPrompt, type Io, type OutputStream } from './io.js'
import { configFolder } from './paths.js'
import { quickParse } from './quick-parse.js'
import { requireInputs } from './required.js'
import { resolveSettings } from './resolve.js'
import type { Settings } from './settings.js'
import { secretWarning, typedSecret } from './typed-secret.js'
import { locate, type CommandNode } from './tree.js'
import { UsageError } from './usage-error.js'
import { valueAt } from './value-at.js'

export type OpenClient = (system: string, io: Io, settings: Settings, onClose: Context['onClose']) => ReturnType<Context['client']>

export interface App {
  readonly root: CommandNode
  readonly version: string
  readonly openClient: OpenClient
}

/** argv to exit code: runs the command and closes what it has opened. Never rejects. */
export async function run(app: App, argv: readonly string[], io: Io): Promise<number> {
  const closers: (() => Promise<void> | void)[] = []
  const failed = async (error: unknown): Promise<number> => {
    if (error instanceof ClosedPipeError) return exit.ok
    const { printError } = await import('./report.js')
    return printError(error, io, { json: asksJson(argv) && !io.stderr.isTTY, debug: argv.includes('--debug') || io.env['ORKIT_DEBUG'] === '1', color: canColor(io, io.stderr, argv.includes('--no-color')) })
  }
  let code: number
  try {
    code = await runCommand(app, argv, io, (action) => void closers.unshift(action))
  } catch (error) {
    code = await failed(io.signal.aborted ? io.signal.reason : error)
  }
  // One that fails keeps no other from closing.
  for (const close of closers) {
    try {
      await close()
    } catch (error) {
      const late = await failed(error)
      if (code === exit.ok) code = late
    }
  }
  return code
}

/** Finds the command, reads its input, runs it, prints what it gives. */
async function runCommand(app: App, argv: readonly string[], io: Io, onClose: Context['onClose']): Promise<number> {
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    await io.stdout.write(`${app.version}\n`)
    return exit.ok
  }
  const { node, words, rest } = locate(app.root, argv)
  if (asksHelp(rest) || !node.command) {
    const { helpOf } = await import('./help.js')
    const bare = !node.command && !asksHelp(rest) && words.length > 0
    await writeHelp(helpOf(node, words, rest.includes('--verbose') || rest.includes('-v')), bare ? io.stderr : io.stdout, io, argv.includes('--no-color'))
    return bare ? exit.usage : exit.ok
  }
  const command = node.command
  const parsed = quickParse(command, rest) ?? (await import('./parse.js')).parse(command, rest)
  const settings = resolveSettings(parsed.globals, io, command.withoutConfig ? {} : await configured(io))
  if (settings.wait && !command.wait) throw new UsageError(`'orkit ${command.path.join(' ')}' starts nothing that could be waited for`, 'Leave --wait out.')
  if (settings.dryRun && !command.dryRun) throw new UsageError(`--dry-run: 'orkit ${command.path.join(' ')}' is no single request that could be shown`, "Commands of operations, api, chat and upload can show theirs.")
  const body = parsed.body === undefined && parsed.fields.length === 0 ? undefined : await (await import('./body.js')).givenBody(parsed, command, io)
  requireInputs(command, (name) => valueAt(parsed.values, name) !== undefined || (body !== undefined && valueAt(body, name) !== undefined))
  if (settings.jq !== undefined) await (await import('./output/jq.js')).checkJq(settings.jq)
  if (settings.outFile !== undefined) await (await import('./output/save.js')).checkTarget(settings.outFile, io.cwd)
  await confirmed(command, settings, io)
  const context = contextOf(app, io, settings, onClose)
  const secret = settings.mock ? undefined : typedSecret(command, parsed, body)
  if (secret !== undefined) await context.note(secretWarning(secret, command))
  const execute = await command.load()
  const result = await execute(context, { values: parsed.values, ...(body ? { body } : {}) })
  const { render } = await import('./output/render.js')
  return await render(result, io, settings)
}

function contextOf(app: App, io: Io, settings: Settings, onClose: Context['onClose']): Context {
  const clients = new Map<string, ReturnType<Context['client']>>()
  return {
    io,
    settings,
    onClose,
    note: async (text) => {
      if (!settings.quiet) await io.stderr.write(`${text}\n`)
    },
    client: (system) => {
      const open = clients.get(system) ?? app.openClient(system, io, settings, onClose)
      clients.set(system, open)
      return open
    },
  }
}

/** Errors are JSON for who says `-o json`, also when the command line could not be read. In a pipe alone they stay text: somebody reads the log. */
function asksJson(argv: readonly string[]): boolean {
  const at = argv.findIndex((token) => token === '-o' || token === '--output')
  const given = at === -1 ? argv.find((token) => /^(--output=|-o.)/.test(token))?.replace(/^(--output=|-o=?)/, '') : argv[at + 1]
  return given === 'json' || given === 'jsonl'
}

/** Help as its stream can show it. */
export async function writeHelp(text: string, out: OutputStream, io: Io, noColor: boolean): Promise<void> {
  if (!canColor(io, out, noColor)) return out.write(`${text}\n`)
  const [{ styledHelp }, { styleOf }] = await Promise.all([import('./help.js'), import('./output/style.js')])
  await out.write(`${styledHelp(text, styleOf(io, out, noColor))}\n`)
}

const asksHelp = (rest: readonly string[]) => {
  const end = rest.indexOf('--')
  return (end === -1 ? rest : rest.slice(0, end)).some((token) => token === '--help' || token === '-h')
}

/** The config file's code is loaded only where there is one. */
async function configured(io: Io): Promise<Pick<Config, 'profile' | 'output'>> {
  const { existsSync } = await import('node:fs')
  return existsSync(join(configFolder(io), 'config.json')) ? (await import('./config.js')).loadConfig(io) : {}
}

async function confirmed(command: Command, settings: Settings, io: Io): Promise<void> {
  if (!command.destructive || settings.yes || settings.dryRun) return
  if (!canPrompt(io, !settings.input)) throw new UsageError(`'${command.path.join(' ')}' asks before it acts, and there is no terminal to ask on`, 'Add --yes to confirm.')
  const { confirm } = await import('./prompt.js')
  if (!(await confirm(io, command.destructive))) throw new UsageError('cancelled')
}
