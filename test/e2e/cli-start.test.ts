import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bin, cleanEnv, server } from './support/cli.js'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'orkit-start-'))
const spy = join(folder, 'spy.cjs')
const seen = join(folder, 'seen.json')
let env: Record<string, string>
let close: () => Promise<void>

beforeAll(async () => {
  // Names every file and every module of Node's that the process has loaded when it ends.
  writeFileSync(spy, `const before=new Set(process.moduleLoadList);process.on('exit',()=>require('node:fs').writeFileSync(${JSON.stringify(seen)},JSON.stringify({files:Object.keys(require.cache),node:process.moduleLoadList.filter((name)=>!before.has(name)&&name.startsWith('NativeModule ')).map((name)=>name.slice(13))})))`)
  const { mock, env: given } = await server({ systems: ['orckai'] })
  env = given
  close = () => mock.close()
}, 60_000)
afterAll(() => close?.())

async function loaded(...args: string[]): Promise<{ files: string[]; node: string[]; out: string }> {
  const { ORKIT_CREDENTIAL_STORE: _, ...clean } = cleanEnv(env)
  const { stdout } = await run(process.execPath, ['-r', spy, bin(), ...args], { env: clean })
  const { files, node } = JSON.parse(readFileSync(seen, 'utf8')) as { files: string[]; node: string[] }
  return { files: files.filter((file) => file !== spy), node, out: stdout }
}

const heavy = /[\\/](?:zod|ws|yaml|commander|string-width|jq-wasm|undici|tinyglobby|@napi-rs|mock)[\\/]/

// Speed is measured in bench/cli; what makes it slow is caught here, whatever else the machine is doing.
describe('a start loads', () => {
  it('nothing to tell the version', async () => {
    const { files, node, out } = await loaded('--version')
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(files.map((file) => file.split(/[\\/]/).at(-1))).toEqual(['orkit.cjs'])
    expect(node.filter((name) => /http|tls|crypto|child_process|readline/.test(name))).toEqual([])
  })

  it('one file to help', async () => {
    const { files, node, out } = await loaded('orckai', 'agents', '--help')
    expect(out).toContain('orkit orckai agents')
    expect(files.filter((file) => /[\\/]dist[\\/]/.test(file)).map((file) => file.split(/[\\/]/).at(-1))).toEqual(['main.cjs'])
    expect(files.filter((file) => heavy.test(file))).toEqual([])
    expect(node.filter((name) => /^(?:https?|tls|crypto|zlib|child_process|readline|fs\/promises)$/.test(name))).toEqual([])
  })

  it('one system and plain http to list', async () => {
    const { files, node, out } = await loaded('orckai', 'agents', 'list', '-o', 'json')
    expect(JSON.parse(out).length).toBeGreaterThan(0)
    expect(files.filter((file) => heavy.test(file))).toEqual([])
    expect(files.filter((file) => /[\\/]dist[\\/](?:orca|flexorch|klarefi|orbiter)-/.test(file))).toEqual([])
    expect(files.length).toBeLessThan(12)
    // https alone costs more than reading the manifest; the global fetch, 150 ms.
    expect(node.filter((name) => /^(?:https|tls|crypto|zlib|child_process|readline|fs\/promises|internal\/deps\/undici\/undici)$/.test(name))).toEqual([])
  })

  it('nothing of a queue to upload without one', async () => {
    const file = join(folder, 'a.md')
    writeFileSync(file, '# a')
    const { files, out } = await loaded('orckai', 'upload', file, '--to', 'd4e5f6a7-0000-4000-8000-000000000001', '--journal', join(folder, 'a.journal'), '-o', 'json')
    expect(JSON.parse(out)).toMatchObject([{ status: 'accepted' }])
    expect(files.filter((name) => /[\\/](?:bullmq|ioredis|rate-limiter-flexible|msgpackr)[\\/]|[\\/]dist[\\/]queue/.test(name))).toEqual([])
  })
})

// Node 22 keeps compiled code by itself.
describe.skipIf(Number(process.versions.node.split('.')[0]) >= 22)('compiled code', () => {
  const home = mkdtempSync(join(tmpdir(), 'orkit-code-'))
  const folder = join(home, '.cache', 'orkit', 'code')
  const help = async (more: Record<string, string> = {}) => (await run(process.execPath, [bin(), 'orckai', 'agents', '--help'], { env: { PATH: process.env['PATH']!, HOME: home, ...more } })).stdout

  it('is kept from the first start on, as its own user only may read it', async () => {
    const first = await help()
    const [file, ...others] = readdirSync(folder)
    expect(others).toEqual([])
    expect(statSync(join(folder, file!)).mode & 0o777).toBe(0o600)
    const before = statSync(join(folder, file!)).ino
    expect(await help()).toBe(first)
    // Taken, not made anew.
    expect(statSync(join(folder, file!)).ino).toBe(before)
  })

  it.each<[string, (old: Buffer) => Buffer]>([['nothing', () => Buffer.alloc(0)], ['a part', (old) => old.subarray(0, old.length >> 1)], ['something else', () => Buffer.from('{"no":"cache"}'.repeat(1000))], ['another version', (old) => Buffer.concat([Buffer.alloc(16, 7), old.subarray(16)])], ['one bit off', (old) => { old[Math.floor(old.length * 0.7)]! ^= 4; return old }], ['all zero', (old) => Buffer.alloc(old.length)]])('that is %s is made anew', async (_, spoil) => {
    const good = await help()
    const file = join(folder, readdirSync(folder).find((name) => name.startsWith('main.cjs'))!)
    const spoilt = spoil(readFileSync(file))
    writeFileSync(file, spoilt)
    expect(await help()).toBe(good)
    expect(readFileSync(file).equals(spoilt)).toBe(false)
    expect(await help()).toBe(good)
  })

  it('still brings packages', async () => {
    const first = async () => (await run(process.execPath, [bin(), 'orckai', 'agents', 'list', '--mock', '--jq', '.[0].name'], { env: { PATH: process.env['PATH']!, HOME: home } })).stdout
    for (let time = 0; time < 3; time++) expect(await first()).toBe('Sales Assistant\n')
    // The key store is one too, and would be silently done without.
    const { stderr } = await run(process.execPath, [bin(), 'orckai', 'auth', 'status'], { env: { PATH: process.env['PATH']!, HOME: home } })
    expect(stderr).not.toContain('dynamic import')
  })

  it('that cannot be kept is no trouble, nor is none wanted', async () => {
    const good = await help()
    expect(await help({ XDG_CACHE_HOME: '/dev/null/x' })).toBe(good)
    const other = mkdtempSync(join(tmpdir(), 'orkit-code-'))
    expect(await help({ HOME: other, NODE_DISABLE_COMPILE_CACHE: '1' })).toBe(good)
    expect(readdirSync(other)).toEqual([])
  })
})
