import { nodeTransport } from '@orkit/sdk/node'
import { existsSync } from 'node:fs'
import type { Context, Input, Result } from '../app/command.js'
import { configFile, loadConfig, systemNames } from '../app/config.js'
import { exit } from '../app/exit.js'
import { openSession } from '../client/open.js'
import { openSecretStore } from '../client/secret-store.js'
import { states } from './auth.js'

interface Finding {
  readonly check: string
  readonly state: 'ok' | 'warn' | 'fail'
  readonly detail: string
  /** What to do. */
  readonly mend: string | null
}

/** A clock that is further off than this breaks signatures and tokens. */
const skewLimit = 60_000
const reachWithin = 10_000

/** Every check by itself: one that fails does not hide the next. */
export async function runDoctor(context: Context, input: Input): Promise<Result> {
  const { io, settings } = context
  const findings: Finding[] = [node(io.self.nodeVersion), await config(context), await keyStore(context), ...proxy(io.env), ...authorities(io.env)]
  let code: number = exit.ok
  const systems = (input.values['system'] as string[] | undefined) ?? systemNames
  const about = await Promise.all(systems.map((system) => one(system, context)))
  for (const found of about) {
    findings.push(...found.findings)
    code = Math.max(code, found.code)
  }
  if (code === exit.ok && findings.some(({ state }) => state === 'fail')) code = exit.unexpected
  if (settings.output === 'table') await context.note(['All is well.', ...remedies(findings)].slice(findings.every(({ state }) => state === 'ok') ? 0 : 1).join('\n'))
  // A table cuts texts to its width: what to do is said in full above it.
  return { kind: 'value', value: findings, columns: ['check', 'state', 'detail', ...(settings.output === 'table' && !settings.quiet ? [] : ['mend'])], exit: code }
}

/** What to do, each once, with the checks that it mends. */
function remedies(findings: readonly Finding[]): string[] {
  const checks = new Map<string, string[]>()
  for (const { check, mend } of findings) if (mend !== null) checks.set(mend, [...(checks.get(mend) ?? []), check])
  return ['Something wants mending:', ...[...checks].map(([mend, of]) => `  ${of.join(', ')}: ${mend}`)]
}

const ok = (check: string, detail: string): Finding => ({ check, state: 'ok', detail, mend: null })

export function node(version: string): Finding {
  const [major, minor] = version.split('.').map(Number) as [number, number]
  return major > 20 || (major === 20 && minor >= 19) ? ok('node', version) : { check: 'node', state: 'fail', detail: `${version} is too old`, mend: 'install Node 20.19 or newer' }
}

async function config({ io }: Context): Promise<Finding> {
  const file = configFile(io)
  if (!existsSync(file)) return ok('config', 'none: defaults')
  try {
    await loadConfig(io)
    return ok('config', file)
  } catch (error) {
    return { check: 'config', state: 'fail', detail: (error as Error).message, mend: 'orkit config edit' }
  }
}

async function keyStore({ io, settings }: Context): Promise<Finding> {
  try {
    let warned = false
    const store = await openSecretStore(io, { mock: settings.mock, warn: async () => void (warned = true) })
    return warned ? { check: 'key store', state: 'warn', detail: `none here; credentials are in ${store.place}`, mend: 'start a key store, or set ORKIT_CREDENTIAL_STORE=file to agree' } : ok('key store', store.place)
  } catch (error) {
    return { check: 'key store', state: 'fail', detail: (error as Error).message, mend: 'set ORKIT_CREDENTIAL_STORE=file' }
  }
}

function proxy(env: Context['io']['env']): Finding[] {
  const set = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]).filter((name) => env[name])
  if (set.length === 0) return [ok('proxy', 'none')]
  return set.map((name): Finding => {
    const value = env[name]!
    const address = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`
    if (!URL.canParse(address) || !/^https?:$/.test(new URL(address).protocol)) return { check: 'proxy', state: 'fail', detail: `${name} is not an http or https URL`, mend: `example: ${name}=http://proxy.example.com:3128` }
    // The address may hold a password.
    return ok('proxy', `${name}: ${new URL(address).host}`)
  })
}

function authorities(env: Context['io']['env']): Finding[] {
  const file = env['NODE_EXTRA_CA_CERTS']
  if (!file) return []
  return [existsSync(file) ? ok('certificates', file) : { check: 'certificates', state: 'fail', detail: `NODE_EXTRA_CA_CERTS names ${file}, which is not there`, mend: 'mend the path, or unset it' }]
}

async function one(system: string, context: Context): Promise<{ findings: Finding[]; code: number }> {
  const { io, settings, onClose } = context
  try {
    const session = await openSession(system, io, settings, onClose)
    const findings: Finding[] = []
    if (!settings.mock) {
      const reached = await reach(system, session.client.baseUrl, io)
      findings.push(...reached)
      if (reached.some(({ state }) => state === 'fail')) return { findings, code: exit.network }
    }
    const rows = await states(system, session, context)
    for (const row of rows) {
      const detail = [row['scheme'], row['state'], row['source'], row['note']].filter(Boolean).join(', ')
      findings.push(row['state'] === 'refused' || row['state'] === 'unknown' ? { check: `${system} sign-in`, state: 'fail', detail, mend: `orkit ${system} auth login` } : row['state'] === 'signed out' ? { check: `${system} sign-in`, state: 'warn', detail: 'signed out', mend: `orkit ${system} auth login` } : ok(`${system} sign-in`, detail))
    }
    return { findings, code: rows.some((row) => row['state'] === 'refused') ? exit.signIn : exit.ok }
  } catch (error) {
    const { hint } = error as { hint?: string }
    return { findings: [{ check: system, state: 'fail', detail: (error as Error).message, mend: hint ?? "'orkit config list' shows where each setting comes from" }], code: exit.unexpected }
  }
}

/** Any answer at all proves the way there; its date tells how far off the clock is. */
async function reach(system: string, baseUrl: string, io: Context['io']): Promise<Finding[]> {
  const transport = nodeTransport({ env: io.env })
  const limit = AbortSignal.any([io.signal, AbortSignal.timeout(reachWithin)])
  const started = io.now()
  try {
    const response = await transport(`${baseUrl}/`, { method: 'GET', headers: {}, signal: limit, redirect: 'manual' } as never)
    await response.text().catch(() => '')
    const took = io.now() - started
    const findings = [ok(`${system} network`, `${new URL(baseUrl).host} answered in ${took} ms`)]
    const date = Date.parse(response.headers.get('date') ?? '')
    const skew = Number.isNaN(date) ? 0 : started + took / 2 - date
    if (Math.abs(skew) > skewLimit) findings.push({ check: `${system} clock`, state: 'warn', detail: `this clock is ${Math.round(Math.abs(skew) / 1000)} s ${skew > 0 ? 'ahead' : 'behind'}`, mend: 'set the clock: tokens and signatures depend on it' })
    return findings
  } catch (error) {
    const cause = error as NodeJS.ErrnoException
    return [{ check: `${system} network`, state: 'fail', detail: `${new URL(baseUrl).host}: ${cause.code ?? cause.message}`, mend: /CERT|SELF_SIGNED|VERIFY/.test(cause.code ?? '') ? 'set NODE_EXTRA_CA_CERTS to the file with your certificate authority' : 'check the network, the proxy variables and the base URL' }]
  } finally {
    transport.close()
  }
}
