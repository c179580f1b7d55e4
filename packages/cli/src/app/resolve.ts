import type { Config } from './config.js'
import { canColor, type Io } from './io.js'
import type { OutputFormat, Settings } from './settings.js'
import { UsageError } from './usage-error.js'

/** Global flags as settings: flag, then environment, then the config file, then default. */
export function resolveSettings(globals: Readonly<Record<string, unknown>>, io: Io, config: Pick<Config, 'profile' | 'output'> = {}): Settings {
  const on = (name: string) => globals[name] === true
  const text = (name: string) => globals[name] as string | undefined
  const off = (name: string) => globals[`no-${name}`] === false
  return {
    output: (text('output') as OutputFormat | undefined) ?? (text('jq') !== undefined ? 'json' : (formatOf(text('out-file')) ?? config.output ?? (io.stdout.isTTY ? 'table' : 'json'))),
    jq: filter(text('jq'), text('output')),
    csvFormulas: on('csv-formulas'),
    outputGiven: text('output') !== undefined || /\.(json|jsonl|ndjson|ya?ml|csv)$/i.test(text('out-file') ?? ''),
    fields: text('fields')?.split(',').map((name) => name.trim()).filter(Boolean),
    profile: text('profile') ?? io.env['ORKIT_PROFILE'] ?? config.profile ?? 'default',
    baseUrl: url(text('base-url')),
    mock: on('mock') || io.env['ORKIT_MOCK'] === '1',
    timeout: seconds(text('timeout')),
    maxRetries: whole('max-retries', text('max-retries')),
    max: whole('max', text('max')),
    dryRun: on('dry-run'),
    wait: on('wait'),
    yes: on('yes'),
    quiet: on('quiet'),
    verbose: on('verbose'),
    debug: on('debug') || io.env['ORKIT_DEBUG'] === '1',
    color: canColor(io, io.stdout, off('color')),
    progress: !off('progress') && !on('quiet'),
    input: !off('input'),
    outFile: text('out-file'),
  }
}

/** jq gives JSON: it goes with the JSON formats and with raw only. */
function filter(expression: string | undefined, output: string | undefined): string | undefined {
  if (expression !== undefined && output !== undefined && !['json', 'jsonl', 'raw'].includes(output)) throw new UsageError(`--jq gives JSON, not ${output}`, 'Leave -o out, or use -o json, jsonl or raw.')
  return expression
}

/** A file is written as its name says. */
function formatOf(file: string | undefined): OutputFormat | undefined {
  if (file === undefined) return undefined
  const extension = /\.(\w+)$/.exec(file)?.[1]?.toLowerCase()
  return extension === 'csv' || extension === 'jsonl' || extension === 'yaml' ? extension : extension === 'yml' ? 'yaml' : extension === 'ndjson' ? 'jsonl' : 'json'
}

function url(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) throw new UsageError(`--base-url: '${text}' is not an http or https URL`, 'Example: --base-url https://api.example.com/v1')
  return text.replace(/\/+$/, '')
}

function seconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text.replace(/s$/, ''))
  if (!Number.isFinite(value) || value <= 0) throw new UsageError(`--timeout: '${text}' is not a number of seconds`, 'Example: --timeout 30')
  return value * 1000
}

function whole(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (!/^\d+$/.test(text)) throw new UsageError(`--${name}: '${text}' is not a whole number`)
  return Number(text)
}
