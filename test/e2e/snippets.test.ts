import { createMock, type Listening, type Mock, type SystemName } from '@orkit/mock'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { commandsOf, root, snippetsOf } from './snippets.js'

/** Everything that the documentation shows is run as it stands, against the reference server; only placeholders of keys are filled in. */

const SYSTEMS: readonly SystemName[] = ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter']
const snippets = ['README.md', 'packages/sdk/README.md', 'packages/mock/README.md', 'docs/sdk.md', 'docs/mock.md'].flatMap((file) => snippetsOf(file, 'ts'))
const folder = join(root, 'out', `snippets-${process.pid}`)
const pathOf = (index: number) => join(folder, `${snippets[index]!.name.replace(/\W/g, '-')}.ts`)

let mock: Mock
let server: Listening
const variables: Record<string, string> = {}

beforeAll(async () => {
  mock = createMock({ rateLimits: 'off', jobDuration: 40, streamDelay: 1 })
  server = await mock.listen()
  for (const system of SYSTEMS) {
    variables[`${system.toUpperCase()}_BASE_URL`] = mock.baseUrl(system).replace(/^https?:\/\/[^/]+/, server.url)
    for (const [name, value] of Object.entries(await mock.credentials(system))) {
      if (typeof value === 'string') variables[`${system.toUpperCase()}_${name.replace(/[A-Z]/g, '_$&').toUpperCase()}`] = value
    }
  }
  const keys: Readonly<Record<string, string | undefined>> = { oak: variables['ORCKAI_API_KEY'], dfx: variables['FLEXORCH_API_KEY'], sk: variables['KLAREFI_API_KEY'] }
  mkdirSync(folder, { recursive: true })
  snippets.forEach(({ code }, index) => writeFileSync(pathOf(index), code.replace(/'(oak|dfx|sk)_[a-z_]*\.\.\.'/g, (_, prefix: string) => JSON.stringify(keys[prefix])) + '\nexport {}\n'))
})
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true })
  await mock.close()
})
beforeEach(() => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  for (const method of ['log', 'error', 'warn', 'info', 'debug'] as const) vi.spyOn(console, method).mockImplementation(() => undefined)
  vi.spyOn(process.stdout, 'write').mockImplementation(() => true)
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

it('there are snippets', () => expect(snippets.length).toBeGreaterThan(20))

it.each(snippets.map(({ name }, index) => [name, index] as const))('%s runs', async (_, index) => {
  await import(/* @vite-ignore */ pathOf(index))
}, 30_000)

it('all of them type-check', async () => {
  const config = join(folder, 'tsconfig.json')
  writeFileSync(config, JSON.stringify({ extends: join(root, 'tsconfig.base.json'), compilerOptions: { lib: ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'], types: ['node'], typeRoots: [join(root, 'node_modules/@types')] }, include: ['*.ts'] }))
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config, '--noEmit', '--pretty', 'false'], { cwd: root }).catch((error: { stdout: string }) => error)
  expect(stdout).toBe('')
})

it('the commands that README marks as runnable run', async () => {
  const commands = commandsOf('README.md')
  expect(commands.length).toBeGreaterThan(2)
  const home = mkdtempSync(join(tmpdir(), 'orkit-readme-'))
  const env = { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_STATE_HOME: home, XDG_DATA_HOME: home, XDG_CACHE_HOME: home, PATH: `${join(root, 'node_modules/.bin')}${delimiter}${process.env['PATH']}` }
  for (const name of Object.keys(variables)) delete (env as Record<string, string | undefined>)[name]
  for (const command of commands) {
    const { stdout } = await promisify(execFile)('sh', ['-c', command.replace(/^npx orkit /, 'orkit ')], { cwd: root, env, timeout: 60_000 })
    expect(stdout.trim(), command).not.toBe('')
  }
  rmSync(home, { recursive: true, force: true })
}, 120_000)
