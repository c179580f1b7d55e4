import { writeFileSync, mkdtempSync, readFileSync } from 'node:fs'
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
    expect(JSON.parse(out)).toMatchObject([{ status: 'done' }])
    expect(files.filter((name) => /[\\/](?:bullmq|ioredis|rate-limiter-flexible|msgpackr)[\\/]|[\\/]dist[\\/]queue/.test(name))).toEqual([])
  })
})
