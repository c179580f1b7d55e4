import type { Context, Input, Result } from '../app/command.js'
import { UsageError } from '../app/usage-error.js'
import { fileState } from '../client/mock.js'
import { resolve } from 'node:path'

/** Serves until interrupted. What a person needs to begin is printed on stdout: address and credentials. */
export async function runMock(context: Context, input: Input): Promise<Result> {
  const { createMock } = await import('@orkit/mock')
  const { io } = context
  const { values } = input
  const system = values['system'] as 'orckai' | undefined
  const state = values['state'] as string | undefined
  const mock = createMock({
    ...(system ? { system } : {}),
    ...(values['seed'] ? { seed: values['seed'] as string } : {}),
    ...(values['strict'] ? { strict: true } : {}),
    rateLimits: rateLimits((values['rate-limits'] as string | undefined) ?? 'documented'),
    ...(values['latency'] ? { latency: latency(values['latency'] as string) } : {}),
    ...(state ? { state: fileState(resolve(io.cwd, state)) } : {}),
  })
  context.onClose(() => mock.close())
  let server: Awaited<ReturnType<typeof mock.listen>>
  try {
    server = await mock.listen({ port: (values['port'] as number | undefined) ?? 4010, host: (values['host'] as string | undefined) ?? '127.0.0.1' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new UsageError(`port ${String(values['port'] ?? 4010)} is in use`, 'Give another with --port, or --port 0 for a free one.')
  }
  const names = system ? [system] : (['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'] as const)
  const systems = await Promise.all(
    names.map(async (name) => ({
      system: name,
      baseUrl: `${server.url}${system ? new URL(mock.baseUrl(name)).pathname.replace(`/${name}`, '') : new URL(mock.baseUrl(name)).pathname}`,
      credentials: await mock.credentials(name),
    })),
  )
  if (context.settings.output === 'table') {
    await io.stdout.write(`${server.url}\n${systems.map((entry) => `  ${entry.system.padEnd(9)} ${entry.baseUrl}\n${Object.entries(entry.credentials).map(([name, value]) => `            ${name}: ${String(value)}\n`).join('')}`).join('')}Ctrl-C ends it.\n`)
  } else await io.stdout.write(`${JSON.stringify({ url: server.url, port: server.port, systems })}\n`)
  await new Promise<void>((done) => {
    if (io.signal.aborted) done()
    else io.signal.addEventListener('abort', () => done(), { once: true })
  })
  return { kind: 'none' }
}

function rateLimits(text: string): 'off' | 'documented' | number {
  if (text === 'off' || text === 'documented') return text
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new UsageError(`--rate-limits: '${text}'`, "Use 'documented', 'off', or a number of requests per minute.")
}

function latency(text: string): number | readonly [number, number] {
  const match = /^(\d+)(?:\.\.(\d+))?$/.exec(text)
  if (!match) throw new UsageError(`--latency: '${text}'`, 'Use milliseconds, or a range: 20..80.')
  return match[2] === undefined ? Number(match[1]) : [Number(match[1]), Number(match[2])]
}
