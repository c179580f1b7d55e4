import { randomUUID } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Listening, Mock, MockOptions, SystemName } from '@orkit/mock'
import type { Context, Input, Result } from '../app/command.js'
import { UsageError } from '../app/usage-error.js'
import { fileState } from '../client/mock.js'
import { cannotListen } from './listening.js'
import { WrittenFile } from './written-file.js'

const SYSTEMS: readonly string[] = ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter']

/** Serves until interrupted. What a person needs to begin is printed on stdout: address and credentials. */
export async function runMock(context: Context, input: Input): Promise<Result> {
  const { createMock } = await import('@orkit/mock')
  const { io } = context
  const { values } = input
  const served = systemsOf(values['system'] as string[] | undefined)
  const single = served.length === 1 ? served[0] : undefined
  const mock = createMock({ ...(await optionsOf(context, values)), ...(single ? { system: single } : { systems: served }) })
  context.onClose(() => mock.close())
  const host = (values['host'] as string | undefined) ?? '127.0.0.1'
  // Whoever can reach it from elsewhere could reset it.
  const token = io.env['ORKIT_MOCK_TOKEN'] ?? (isLoopback(host) ? undefined : randomUUID())
  const server = await listen(mock, { port: (values['port'] as number | undefined) ?? 4010, host, ...(token !== undefined && { token }) }, values['state'] as string | undefined)
  const systems = await Promise.all(
    served.map(async (name) => {
      const path = new URL(mock.baseUrl(name)).pathname
      return { system: name, baseUrl: server.url + (single ? path.replace(`/${name}`, '') : path), credentials: await mock.credentials(name) }
    }),
  )
  if (context.settings.output === 'table') {
    const lines = systems.map((entry) => `  ${entry.system.padEnd(9)} ${entry.baseUrl}\n${Object.entries(entry.credentials).map(([name, value]) => `            ${name}: ${String(value)}\n`).join('')}`)
    await io.stdout.write(`${server.url}/${token === undefined ? '' : `#token=${token}`}\n${lines.join('')}Ctrl-C ends it.\n`)
  } else await io.stdout.write(`${JSON.stringify({ url: server.url, port: server.port, ...(token !== undefined && { controlToken: token }), systems })}\n`)
  await interrupted(io.signal)
  return { kind: 'none' }
}

/** Resolves with the first interrupt. */
export function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise<void>((done) => {
    if (signal.aborted) done()
    else signal.addEventListener('abort', () => done(), { once: true })
  })
}

async function listen(mock: Mock, where: { port: number; host: string; token?: string }, state: string | undefined): Promise<Listening> {
  try {
    return await mock.listen(where)
  } catch (error) {
    if (state !== undefined && (error as NodeJS.ErrnoException).code === undefined) throw new UsageError(`--state ${state}: ${(error as Error).message}`, 'Name another file, or delete this one to begin from the seed.')
    return cannotListen(error, where.port, where.host)
  }
}

async function optionsOf({ io, note, onClose }: Context, values: Input['values']): Promise<MockOptions> {
  const text = (name: string): string | undefined => values[name] as string | undefined
  const state = text('state')
  const record = text('record-requests')
  const chaos = values['chaos'] as number | undefined
  if (chaos !== undefined && !(chaos >= 0 && chaos <= 1)) throw new UsageError(`--chaos: '${chaos}'`, 'Use a share from 0 to 1: 0.02 for one request in fifty.')
  const latency = text('latency')
  const seed = text('seed')
  const options: MockOptions = {
    rateLimits: rateLimits(text('rate-limits') ?? 'documented'),
    ...(seed && { seed }),
    ...(values['strict'] ? { strict: true } : {}),
    ...(latency && { latency: latencyOf(latency) }),
    ...(chaos !== undefined && { chaos }),
    ...(state && { state: fileState(resolve(io.cwd, state)) }),
  }
  if (!record) return options
  const file = await WrittenFile.open('--record-requests', resolve(io.cwd, record), note)
  onClose(() => file.done())
  return { ...options, onRequest: (entry, world) => file.add((path) => appendFile(path, `${JSON.stringify(world === '' ? entry : { world, ...entry })}\n`)) }
}

function systemsOf(given: readonly string[] | undefined): readonly SystemName[] {
  if (!given || given.length === 0) return SYSTEMS as readonly SystemName[]
  const unknown = given.find((name) => !SYSTEMS.includes(name))
  if (unknown !== undefined) throw new UsageError(`--system: '${unknown}'`, `Use one of ${SYSTEMS.join(', ')}.`)
  return [...new Set(given)] as SystemName[]
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

export function rateLimits(text: string): 'off' | 'documented' | number {
  if (text === 'off' || text === 'documented') return text
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new UsageError(`--rate-limits: '${text}'`, "Use 'documented', 'off', or a number of requests per minute.")
}

function latencyOf(text: string): number | readonly [number, number] {
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(text)
  if (!match) throw new UsageError(`--latency: '${text}'`, 'Use milliseconds, or a range: 20..80.')
  return match[2] === undefined ? Number(match[1]) : [Number(match[1]), Number(match[2])]
}
