import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import { createMock } from '../../src/index.js'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const run = promisify(execFile)
const text = readFileSync(join(ROOT, 'docs/mock.md'), 'utf8')
const snippets = (kind: string): string[] => [...text.matchAll(/^```([^\n]+)\n(.*?)^```$/gms)].filter((match) => match[1] === kind).map((match) => match[2]!)

/** Beside this file: where the workspace's packages are found. */
const folder = fileURLToPath(new URL('snippets', import.meta.url))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const mock = createMock()
afterAll(() => mock.close())
const onPort = async (snippet: string): Promise<string> => snippet.replaceAll('http://127.0.0.1:4010', (await (server ??= mock.listen())).url)
let server: ReturnType<typeof mock.listen> | undefined

const python = ['/usr/bin/python3', ...(process.env['PATH'] ?? '').split(':').map((path) => join(path, 'python3'))].find(existsSync)
if (!python && process.env['CI']) throw new Error('The Python snippet needs python3 in CI')

describe('docs/mock.md', () => {
  it('the vitest snippets pass', async () => {
    const found = snippets('ts vitest')
    expect(found.length).toBe(3)
    rmSync(folder, { recursive: true, force: true })
    mkdirSync(folder, { recursive: true })
    for (const [i, snippet] of found.entries()) writeFileSync(join(folder, `snippet-${i}.test.ts`), snippet)
    const { stdout } = await run(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--root', ROOT, '--project', 'mock', 'packages/mock/test/docs/snippets'], { cwd: ROOT, env: { ...process.env, NO_COLOR: '1' } }).catch((error: { stdout: string; stderr: string }) => {
      throw new Error(error.stdout + error.stderr)
    })
    expect(stdout).toMatch(/Tests +4 passed/)
  }, 60_000)

  it('the shell snippet runs line by line', async () => {
    const [snippet] = snippets('bash')
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', await onPort(snippet!)])
    expect(stdout).toContain('"Sales Assistant"')
    expect(stdout).toMatch(/\}429\n/)
    expect(stdout).toContain('"verified":true')
  })

  it.skipIf(!python)(`the Python snippet runs${python ? '' : ' (skipped: there is no python3)'}`, async () => {
    await run(python!, ['-c', await onPort(snippets('python')[0]!)])
  })

  it('the CI snippet ends as its command does', async () => {
    const cli = `${process.execPath} --import tsx ${join(ROOT, 'packages/cli/test/mock-child.ts')}`
    const env = { ...process.env, TSX_TSCONFIG_PATH: join(ROOT, 'tsconfig.base.json') }
    const snippet = snippets('bash ci')[0]!.replace('npx orkit', cli)
    await run('bash', ['-c', snippet], { cwd: ROOT, env })
    await expect(run('bash', ['-c', snippet.replace('=== 200', '=== 201')], { cwd: ROOT, env })).rejects.toMatchObject({ code: 1 })
  }, 60_000)

  it('names only accounts, keys and secrets that the seeds have', () => {
    const seeds = ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'].map((system) => readFileSync(join(ROOT, `packages/mock/src/systems/${system}/seed.gen.json`), 'utf8')).join('\n')
    const named = [...text.matchAll(/`((?:orca_live|oak|dfx|sk_live|sk_test|orb_ci|orb)_[a-z_]+0{5,}|[a-z]+@[a-z.]+|ct_\w+|[A-Z2-7]{16})`/g)].map((match) => match[1]!)
    expect(named.length).toBeGreaterThan(25)
    expect(named.filter((name) => !seeds.includes(`"${name}"`))).toEqual([])
  })

  it('names only control paths that exist', async () => {
    const { actions } = await import('../../src/hosts/control/table.js')
    const table = text.slice(text.indexOf('| `/__orkit` |'), text.indexOf('`/__orkit/openapi.json` describes'))
    const paths = [...table.matchAll(/(?:(GET|POST|DELETE) )?(\/[a-z/]+)/g)].map(([, method = 'POST', path]) => `${method} ${path!.replace(/\/$/, '')}`).filter((path) => !path.includes('__orkit') && path !== 'POST /wait')
    expect(paths.length).toBeGreaterThan(15)
    for (const path of paths) expect(actions.map((action) => `${action.method} ${action.path.replace(/\/\{.*/, '')}`)).toContain(path)
  })
})
