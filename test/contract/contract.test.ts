import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMock, type Listening, type Mock } from '@orkit/mock'
import type { ApiClient, ClientOptions } from '@orkit/sdk/core'
import { FlexOrch } from '@orkit/sdk/flexorch'
import { Klarefi } from '@orkit/sdk/klarefi'
import { nodeWebSocket } from '@orkit/sdk/node'
import { Orbiter } from '@orkit/sdk/orbiter'
import { Orca } from '@orkit/sdk/orca'
import { Orckai } from '@orkit/sdk/orckai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readManifest } from '../../packages/cli/src/commands/catalog.js'
import { manifests, runCli } from './cli.js'
import { readDocument, systems, type Documented, type System } from './document.js'
import { needs, type Need } from './inputs.js'

// Every operation of every document, over a real socket, in four places: the SDK method sends what the server's validator accepts, the
// server's answer validates against the document (the server is strict: an answer of its own that does not is a 500), the SDK returns it, and the
// CLI command prints it.

const clients: Record<System, new (options: ClientOptions) => ApiClient> = { orca: Orca, orckai: Orckai, flexorch: FlexOrch, klarefi: Klarefi, orbiter: Orbiter }
const folder = mkdtempSync(join(tmpdir(), 'orkit-contract-files-'))
const covered = new Map<System, { documented: number; provisional: number }>()

for (const system of systems) {
  describe(system, () => {
    let mock: Mock
    let server: Listening
    let baseUrl: string
    let seeded: Record<string, string>

    beforeAll(async () => {
      mock = createMock({ systems: [system], strict: true, rateLimits: 'off', jobDuration: 200, streamDelay: 0 })
      server = await mock.listen({ port: 0 })
      baseUrl = server.url + new URL(mock.baseUrl(system)).pathname
      seeded = (await mock.credentials(system)) as Record<string, string>
      covered.set(system, { documented: 0, provisional: 0 })
    })
    afterAll(() => mock.close())
    beforeEach(() => mock.reset())

    const client = (credentials: Readonly<Record<string, string>>) => new clients[system]({ ...credentials, baseUrl, webSocket: nodeWebSocket(), maxRetries: 0, rateLimit: false } as ClientOptions)

    for (const operation of readDocument(system)) {
      it(`${operation.id} (${operation.method} ${operation.path})`, async () => {
        const arranged = await arrange(system, operation, () => client(seeded), mock)
        const credentials = arranged.credentials ?? seeded

        const since = mock.journal.entries().at(-1)?.n ?? 0
        const result = await callMethod(client(credentials), operation, arranged)
        const entries = mock.journal.entries({ since }).filter((entry) => entry.operationId === operation.id)
        expect(entries.length, 'the SDK method reached the operation').toBeGreaterThan(0)
        const { status } = entries.at(-1)!
        expect(operation.successes, `status ${status} is a documented success`).toContain(operation.socket ? 101 : status)
        if (status !== 204 && !operation.socket && operation.method !== 'OPTIONS') expect(result, 'the SDK returned a result').toBeDefined()

        await mock.reset()
        const again = await arrange(system, operation, () => client(seeded), mock)
        const before = mock.journal.entries().at(-1)?.n ?? 0
        const ran = await runCli(commandLine(system, operation, again), { ...environment(system, again.credentials ?? seeded), [`${system.toUpperCase()}_BASE_URL`]: baseUrl })
        expect(ran.err.includes('error:') ? ran.err : '', 'no error').toBe('')
        expect(ran.code, ran.err).toBe(0)
        expect(mock.journal.entries({ since: before }).some((entry) => entry.operationId === operation.id), 'the command reached the operation').toBe(true)
        if (status !== 204 && operation.method !== 'OPTIONS') expect(ran.out.trim(), 'the command printed it').not.toBe('')

        const count = covered.get(system)!
        if (operation.provisional) count.provisional++
        else count.documented++
      })
    }
  })
}

afterAll(() => {
  const rows = [...covered].map(([system, { documented, provisional }]) => `${system.padEnd(9)} ${String(documented).padStart(4)} documented ${String(provisional).padStart(4)} provisional`)
  const sum = (key: 'documented' | 'provisional') => [...covered.values()].reduce((total, count) => total + count[key], 0)
  process.stdout.write(`\nContract: operations covered in document, server, SDK and CLI\n${rows.join('\n')}\ntotal     ${String(sum('documented')).padStart(4)} documented ${String(sum('provisional')).padStart(4)} provisional\n`)
})

interface Arranged {
  readonly path: Record<string, string>
  readonly params: Record<string, unknown>
  readonly file: string | undefined
  readonly credentials: Readonly<Record<string, string>> | undefined
}

async function arrange(system: System, operation: Documented, open: () => ApiClient, mock: Mock): Promise<Arranged> {
  const fixed = needs[system][operation.id]
  const made = (await fixed?.prepare?.((id, input) => Promise.resolve(open().request<PromiseLike<unknown>>(id, input)), mock)) ?? undefined
  const all: Need[] = [fixed ?? {}, made ?? {}]
  const path = Object.assign({}, operation.pathValues, ...all.map((need) => need.path ?? {})) as Record<string, string>
  const params = Object.assign({}, operation.queryValues, operation.body ?? {}, ...all.map((need) => need.params ?? {})) as Record<string, unknown>
  for (const [name, value] of Object.entries(params)) if (value === undefined) delete params[name]
  let file: string | undefined
  if (operation.files) {
    file = join(folder, all.findLast((need) => need.file)?.file ?? 'notes.txt')
    writeFileSync(file, file.endsWith('.csv') ? 'id,email,amount\n1,ada@example.com,9.50\n2,grace@example.com,12.00\n' : `The quick brown fox jumps over the lazy dog. Contract test of ${operation.id}.\n`)
  }
  return { path, params, file, credentials: all.findLast((need) => need.credentials)?.credentials }
}

/** Walks `workflows.executions.cancel` on the client and calls it as a user would: path parameters, then one object. */
async function callMethod(client: ApiClient, operation: Documented, { path, params, file }: Arranged): Promise<unknown> {
  const words = operation.id.split('.')
  const holder = words.slice(0, -1).reduce<unknown>((at, word) => (at as Record<string, unknown>)[word], client) as Record<string, (...args: unknown[]) => unknown>
  const method = holder[words.at(-1)!]
  expect(method, `client.${operation.id} is a method`).toBeTypeOf('function')
  const members: Record<string, unknown> = { ...params }
  if (operation.files && file) {
    const { fileFromPath } = await import('@orkit/sdk/node')
    for (const { name, several } of operation.files) members[name] = several ? [await fileFromPath(file)] : await fileFromPath(file)
  }
  const args: unknown[] = operation.pathNames.map((name) => path[name])
  if (Object.keys(members).length > 0) args.push(members)
  const call = method!.call(holder, ...args)
  if (operation.socket) {
    const messages: unknown[] = []
    for await (const message of call as AsyncIterable<unknown>) messages.push(message)
    expect(messages.length, 'the socket sent messages').toBeGreaterThan(0)
    return messages
  }
  const result = await (call as PromiseLike<unknown>)
  return drain(result)
}

/** Streams are read to their end, downloads to their bytes. */
async function drain(result: unknown): Promise<unknown> {
  if (typeof result !== 'object' || result === null) return result
  if ('finalMessage' in result) {
    const events: unknown[] = []
    for await (const event of result as unknown as AsyncIterable<unknown>) events.push(event)
    return events
  }
  if ('arrayBuffer' in result && typeof result.arrayBuffer === 'function') return (result as Response).arrayBuffer()
  return result
}

/** The command with the operation's inputs: path parameters in order, files and query by flag or position, the body whole. */
function commandLine(system: System, operation: Documented, { path, params, file }: Arranged): string[] {
  const argv = [system, 'call', operation.id, ...operation.pathNames.map((name) => path[name]!)]
  const manifest = manifestOf(system, operation.id)
  const positional = manifest.args.filter((arg) => arg.in !== 'path')
  const rest = { ...params }
  for (const arg of positional) {
    if (operation.files?.some(({ name }) => name === arg.name)) argv.push(file!)
    else if (arg.name in rest) {
      argv.push(String(rest[arg.name]))
      delete rest[arg.name]
    }
  }
  for (const flag of manifest.flags.filter(({ in: place }) => place !== 'body')) {
    if (!(flag.name in rest)) continue
    argv.push(`--${flag.flag}=${String(rest[flag.name])}`)
    delete rest[flag.name]
  }
  for (const { name } of operation.files ?? []) if (!positional.some((arg) => arg.name === name)) argv.push(`--${name}`, file!)
  if (Object.keys(rest).length > 0) argv.push('--body', JSON.stringify(rest))
  return [...argv, '--yes', '-o', 'json']
}

function manifestOf(system: System, id: string) {
  const manifest = readManifest(system, manifests)
  return manifest.commands.find((command) => command.id === id)!
}

const environment = (system: System, credentials: Readonly<Record<string, string>>): Record<string, string> => {
  const byName = new Map(readManifest(system, manifests).credentials.map(({ name, env }) => [name, env]))
  return Object.fromEntries(Object.entries(credentials).flatMap(([name, value]) => (byName.has(name) ? [[byName.get(name)!, String(value)]] : [])))
}
