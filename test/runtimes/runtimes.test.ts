import { createMock, type Listening, type Mock } from '@orkit/mock'
import { build } from 'esbuild'
import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packed, run } from '../packaging/packed.js'

/** One scenario on every runtime, with the packed SDK, against the reference server on a port. */

const here = fileURLToPath(new URL('.', import.meta.url))
const bin = (path: string) => join(here, 'node_modules', path)
const wanted = process.env['ORKIT_RUNTIMES'] === '1'
const chromium = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path))

const EXPECTED = { listed: true, created: true, streamed: true, uploaded: true, refused: true, webhook: 'v1.case.completed', forged: 'signature' }

let mock: Mock
let server: Listening
let settings: { baseUrl: string; apiKey: string }
let folder: string

beforeAll(async () => {
  if (wanted && !existsSync(bin('node26'))) await run('npm', ['install', '--no-package-lock', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: here, timeout: 280_000 })
  mock = createMock({ systems: ['orckai'], rateLimits: 'off', streamDelay: 1 })
  server = await mock.listen()
  settings = { baseUrl: `${server.url}/orckai/api/v1`, apiKey: String((await mock.credentials('orckai'))['apiKey']) }
  folder = join(packed().project, 'runtimes')
  mkdirSync(folder, { recursive: true })
  for (const file of ['transcript.mjs', 'story.mjs', 'scenario.mjs', 'main.mjs', 'main.cjs', 'page.mjs', 'worker.mjs', 'chosen.mjs']) copyFileSync(join(here, file), join(folder, file))
  writeFileSync(join(packed().project, 'package.json'), '{ "private": true }')
})
afterAll(async () => mock.close())

const DENO = ['run', '--no-remote', '--cached-only', '--node-modules-dir=manual', '--allow-net=127.0.0.1', '--allow-env']
const last = (printed: string) => JSON.parse(printed.trim().split('\n').at(-1)!) as unknown
const given = (more: object = {}) => JSON.stringify({ ...settings, ...more })

interface Told { inProcess: object; port: object }
const told = async (node: string): Promise<Told> => last(await run(node, ['transcript.mjs'], { cwd: folder })) as Told
let tellingHere: Promise<Told> | undefined
/** What the reference server tells on the Node that runs the tests. */
const toldHere = (): Promise<Told> => (tellingHere ??= told(process.execPath))

describe('the Node that runs the tests', () => {
  it('the reference server tells the same in process and over a port, byte for byte', async () => {
    const { inProcess, port } = await toldHere()
    expect(port).toEqual(inProcess)
  })
  it('import', async () => expect(last(await run(process.execPath, ['main.mjs', given()], { cwd: folder }))).toEqual(EXPECTED))
  it('require', async () => expect(last(await run(process.execPath, ['main.cjs', given()], { cwd: folder }))).toEqual(EXPECTED))
  it('Node transport', async () => expect(last(await run(process.execPath, ['main.mjs', given({ transport: 'node' })], { cwd: folder }))).toEqual(EXPECTED))
  it('fetch', async () => expect(last(await run(process.execPath, ['main.mjs', given({ transport: 'fetch' })], { cwd: folder }))).toEqual(EXPECTED))
  it('goes over node:http by default', async () => expect(await overNodeHttp(process.execPath)).toEqual([true, true]))
})

describe.skipIf(!wanted)('other runtimes (ORKIT_RUNTIMES=1 installs 1 GB of them)', () => {
  describe.each(['node20', 'node22', 'node24', 'node26'])('%s', (name) => {
    const node = bin(`${name}/bin/node`)
    it('is that version', async () => expect(await run(node, ['--version'])).toMatch(new RegExp(`^v${name.slice(4)}\\.`)))
    it('the reference server tells what it tells elsewhere, byte for byte', async () => expect(await told(node)).toEqual(await toldHere()))
    it('import', async () => expect(last(await run(node, ['main.mjs', given()], { cwd: folder }))).toEqual(EXPECTED))
    it('require', async () => expect(last(await run(node, ['main.cjs', given()], { cwd: folder }))).toEqual(EXPECTED))
    it('Node transport', async () => expect(last(await run(node, ['main.mjs', given({ transport: 'node' })], { cwd: folder }))).toEqual(EXPECTED))
    it('fetch', async () => expect(last(await run(node, ['main.mjs', given({ transport: 'fetch' })], { cwd: folder }))).toEqual(EXPECTED))
    it('goes over node:http by default', async () => expect(await overNodeHttp(node)).toEqual([true, true]))
  })

  it('Bun and Deno go over their fetch', async () => {
    expect(await overNodeHttp(bin('@oven/bun-linux-x64/bin/bun'))).toEqual([false, false])
    expect(await overNodeHttp(bin('@deno/linux-x64-glibc/deno'), [...DENO, `--allow-read=${packed().project}`])).toEqual([false, false])
  })

  it('Bun', async () => expect(last(await run(bin('@oven/bun-linux-x64/bin/bun'), ['main.mjs', given()], { cwd: folder }))).toEqual(EXPECTED))

  it('Deno', async () => {
    const printed = await run(bin('@deno/linux-x64-glibc/deno'), [...DENO, `--allow-read=${packed().project}`, 'main.mjs', given()], { cwd: folder, env: { DENO_NO_UPDATE_CHECK: '1' } })
    expect(last(printed)).toEqual(EXPECTED)
  })

  it('workerd', async () => {
    const port = await freePort()
    await bundle('worker.mjs', 'worker.js')
    writeFileSync(join(folder, 'config.capnp'), `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .worker), (name = "internet", network = (allow = ["private"]))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
const worker :Workerd.Worker = (modules = [(name = "worker", esModule = embed "worker.js")], compatibilityDate = "2025-01-01");
`)
    const child = spawn(bin('@cloudflare/workerd-linux-64/bin/workerd'), ['serve', 'config.capnp'], { cwd: folder, stdio: 'ignore' })
    try {
      const result = await retried(() => fetch(`http://127.0.0.1:${port}/?settings=${encodeURIComponent(given())}`), 15_000)
      expect(await result.json()).toEqual(EXPECTED)
    } finally {
      child.kill('SIGKILL')
    }
  })

  it.skipIf(chromium === undefined && process.env['CI'] === undefined)('Chromium', async () => {
    await bundle('page.mjs', 'page.js')
    const profile = join(tmpdir(), `orkit-chromium-${process.pid}`)
    const site = await serveSite()
    const child = spawn(chromium!, ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', `--user-data-dir=${profile}`, `${site.url}/page.html`], { stdio: 'ignore', detached: true })
    try {
      expect(await site.result).toEqual(EXPECTED)
    } finally {
      // Its own process group: the browser is many processes, and all of them write to the profile.
      process.kill(-child.pid!, 'SIGKILL')
      site.close()
      await new Promise((resolve) => { setTimeout(resolve, 300) })
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
    }
  })
})

/** Whether a client as imported and one as required came over node:http: nobody else asks for these codings in these words. */
async function overNodeHttp(runtime: string, args: readonly string[] = []): Promise<boolean[]> {
  const seen: boolean[] = []
  const target = http.createServer((request, response) => {
    seen.push(request.headers['accept-encoding'] === 'gzip, deflate, br')
    response.end('{"data":{}}')
  })
  await new Promise<void>((resolve) => { target.listen(0, '127.0.0.1', resolve) })
  await run(runtime, [...args, 'chosen.mjs', `http://127.0.0.1:${(target.address() as AddressInfo).port}`], { cwd: folder, env: { DENO_NO_UPDATE_CHECK: '1' } })
  target.closeAllConnections()
  target.close()
  return seen
}

async function bundle(entry: string, outfile: string): Promise<void> {
  await build({ entryPoints: [join(folder, entry)], outfile: join(folder, outfile), bundle: true, format: 'esm', platform: 'browser', target: 'es2022', logLevel: 'silent' })
}

/** The page and the API on one origin. */
async function serveSite(): Promise<{ url: string; result: Promise<unknown>; close(): void }> {
  let report: (result: unknown) => void
  const result = new Promise((resolve) => { report = resolve })
  const target = new URL(server.url)
  const site = http.createServer((request, response) => {
    if (request.url === '/page.html') return void response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><meta charset="utf-8"><script type="module" src="/page.js"></script>')
    if (request.url === '/page.js') return void response.writeHead(200, { 'content-type': 'text/javascript' }).end(readFileSync(join(folder, 'page.js')))
    if (request.url === '/__settings') return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ apiKey: settings.apiKey, path: '/orckai/api/v1' }))
    if (request.url === '/__result') {
      let text = ''
      request.on('data', (chunk) => { text += chunk }).on('end', () => { response.end(); report(JSON.parse(text)) })
      return
    }
    const onward = http.request({ host: target.hostname, port: target.port, method: request.method, path: request.url, headers: { ...request.headers, host: target.host } }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    request.pipe(onward)
  })
  await new Promise<void>((resolve) => { site.listen(0, '127.0.0.1', resolve) })
  return { url: `http://127.0.0.1:${(site.address() as AddressInfo).port}`, result, close: () => { site.closeAllConnections(); site.close() } }
}

async function freePort(): Promise<number> {
  const probe = http.createServer()
  await new Promise<void>((resolve) => { probe.listen(0, '127.0.0.1', resolve) })
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => { probe.close(resolve) })
  return port
}

async function retried(call: () => Promise<Response>, ms: number): Promise<Response> {
  for (const end = Date.now() + ms; ;) {
    try {
      return await call()
    } catch (error) {
      if (Date.now() > end) throw error
      await new Promise((resolve) => { setTimeout(resolve, 100) })
    }
  }
}
