import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { folderOf, packed, run } from './packed.js'

const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url))

/** What a user writes, with mistakes that must be found: types that became `any` would let them pass. */
const program = `
import { Orckai, type Agent, RateLimitError } from '@orkit/sdk/orckai'
import { createApi } from '@orkit/sdk/orckai/api'
import { Orca } from '@orkit/sdk/orca'
import { FlexOrch } from '@orkit/sdk/flexorch'
import { Klarefi } from '@orkit/sdk/klarefi'
import { Orbiter } from '@orkit/sdk/orbiter'
import { constructEvent } from '@orkit/sdk/webhooks'
import { OrkitError } from '@orkit/sdk'

const orckai = new Orckai({ apiKey: 'oak_x' })
export async function main(): Promise<void> {
  for await (const agent of orckai.agents.list()) { const each: Agent = agent; void each.name }
  const { data, requestId } = await orckai.agents.get('a').withResponse()
  const name: string = data.name, id: string | undefined = requestId
  for await (const event of orckai.chat.stream({ message: 'hi' })) void event.content
  const { data: other } = await createApi(orckai).GET('/agents/{id}', { params: { path: { id } as { id: string } } })
  void [name, other]
  try { await new Orca().files.list({ limit: 1 }) } catch (error) { if (error instanceof RateLimitError || error instanceof OrkitError) void error.message }
  void [FlexOrch, Klarefi, Orbiter, constructEvent]
  // @ts-expect-error what is only for the SDK itself is not offered to its users
  void orckai._call
  // @ts-expect-error agents have names, not titles
  await orckai.agents.create({ title: 'x' })
  // @ts-expect-error no such method
  await orckai.agents.fetch('a')
}
`

/** A test of a user who has no msw. */
const tested = `
import { createMock } from '@orkit/mock'

export async function main(): Promise<void> {
  const mock = createMock({ systems: ['orckai'] })
  mock.fail('orckai', 'agents.list', { status: 503 })
  // @ts-expect-error no such operation
  mock.fail('orckai', 'agents.fetch', { status: 503 })
  await mock.close()
}
`

const settings: readonly [name: string, file: string, options: Record<string, unknown>][] = [
  ['node10', 'main.ts', { module: 'commonjs', moduleResolution: 'node10' }],
  ['node16-esm', 'main.mts', { module: 'node16', moduleResolution: 'node16' }],
  ['node16-cjs', 'main.cts', { module: 'node16', moduleResolution: 'node16' }],
  ['bundler', 'main.ts', { module: 'esnext', moduleResolution: 'bundler' }],
]

/** No `skipLibCheck`: our declarations themselves must hold, whatever the user's settings. openapi-fetch's own are the exception, so they are checked with it. */
async function check(folder: string, file: string, text: string, options: Record<string, unknown>): Promise<string> {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, file), text)
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { ...options, target: 'es2022', lib: ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'], strict: true, noEmit: true, types: [], skipLibCheck: false }, files: [file] }))
  return run(process.execPath, [tsc, '-p', folder])
}

it.concurrent.each(settings)('a program type-checks under %s, without the types of Node', async (name, file, options) => {
  expect(await check(join(packed().project, `types-${name}`), file, program, options)).toBe('')
})

it.concurrent.each(settings)('a test with the reference server type-checks under %s, without msw', async (name, file, options) => {
  const folder = mkdtempSync(join(tmpdir(), `orkit-types-${name}-`))
  cpSync(folderOf('@orkit/mock'), join(folder, 'node_modules', '@orkit', 'mock'), { recursive: true })
  expect(await check(folder, file, tested, options)).toBe('')
  rmSync(folder, { recursive: true })
})
