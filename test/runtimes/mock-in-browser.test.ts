import { createMock } from '@orkit/mock'
import { build } from 'esbuild'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { folderOf, packed } from '../packaging/packed.js'
import { story } from './story.mjs'

/** The packed reference server in a page, behind msw's service worker, with the packed SDK's clients. */

const CHROMIUM = '/usr/bin/chromium'
const missing = !existsSync(CHROMIUM)
if (missing && process.env['CI']) throw new Error('These tests need Chromium in CI: apt-get install chromium')

const here = fileURLToPath(new URL('.', import.meta.url))
const root = join(here, '..', '..')

describe.skipIf(missing)(`the reference server in Chromium${missing ? ' (skipped: apt-get install chromium)' : ''}`, () => {
  let site: { url: string; folder: string; server: Server }
  let browser: Browser
  let page: Page
  let wrong: string[]

  beforeAll(async () => {
    site = await serveSite()
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
    page = await open('page.html')
  })
  afterAll(async () => {
    await browser?.close()
    site?.server.closeAllConnections()
    site?.server.close()
  })
  afterEach(() => expect(wrong.splice(0)).toEqual([]))

  /** A page of which every console error, script error and request to a real vendor is remembered. */
  async function open(name: string): Promise<Page> {
    wrong = []
    const opened = await (await browser.newContext()).newPage()
    opened.on('console', (message) => void (message.type() === 'error' && !EXPECTED_BY_CHROMIUM.test(message.text()) && wrong.push(message.text())))
    opened.on('pageerror', (error) => void wrong.push(String(error.stack)))
    await opened.goto(`${site.url}/${name}`)
    await opened.waitForFunction(() => document.title === 'ready')
    return opened
  }

  // By text: what the page has under `window` is no type here.
  const play = (name: string) => page.evaluate(`play(${JSON.stringify(name)})`) as Promise<any>

  it('lists, creates, streams, uploads and refuses; a reset makes it as at the start', async () => {
    const seen = await play('orckai')
    expect(seen).toMatchObject({ said: true, seen: { outage: true, invoice: true }, missing: { name: 'NotFoundError', status: 404 }, refused: { success: false } })
    expect(JSON.stringify(seen.refused)).toContain('name')
    expect(seen.events).toBeGreaterThan(1)
    expect(seen.limit).toBeGreaterThan(1)
    expect(seen.left).toBeLessThan(seen.limit)
    expect(seen.after).toEqual({ agents: seen.before, gone: 404, calls: 2 })
  })

  it('five systems in one mock, each under its vendor’s address: tokens, a job, sockets, a session cookie with CSRF', async () => {
    expect(await play('together')).toEqual({
      watched: 'completed', polls: 0, told: true, refused: 1006, processed: ['completed'], who: 'object', projects: true, withoutToken: [403, expect.objectContaining({})], signedOut: 401,
      systems: ['flexorch', 'klarefi', 'orbiter', 'orca'],
    })
  })

  it('mocks and worlds are isolated, and a world that was reset is the one that starts in Node', async () => {
    await using fresh = createMock({ system: 'orckai' })
    await fresh.fetch('https://one.example/api/v1/agents')
    await fresh.reset()
    expect(await play('isolated')).toEqual({ seen: [true, false, false], hash: await fresh.hash() })
  })

  it('faults are what the client takes them for, and who leaves a stream ends it', async () => {
    expect(await play('faults')).toEqual({ reset: 'ConnectionError', hang: 'TimeoutError', truncate: 'ConnectionError', 'malformed-json': 'DecodeError', retried: true, 'cut-stream': 'StreamError', open: 0 })
  })

  it('an address may be the beginning of paths on the page’s own origin', async () => expect(await play('sameOrigin')).toEqual({ agents: true, own: 'the page’s own' }))

  it('what needs Node says so', async () => {
    const seen = await play('withoutNode')
    expect(seen.listen.message).toBe('mock.listen() needs Node: here, use mock.fetch, mock.webSocket or mock.handlers()')
    expect(seen.proxy.message).toBe('createProxy() needs Node: run `orkit mock proxy`')
    expect(seen.page).toEqual([501, { error: expect.stringContaining('need Node') }])
    expect(seen.unknown).toMatchObject({ name: 'TypeError', message: 'handlers: orca is not served by this mock' })
  })

  it('state can be kept between loads of the page', async () => expect(await play('kept')).toBe(true))

  it('tells the story that Node tells, byte for byte', async () => expect(await play('story')).toEqual(await story(createMock)))

  it('no request reached a real vendor', async () => expect(await page.evaluate('unhandled')).toEqual([]))

  it('the snippet of docs/mock.md works', async () => {
    const snippet = /^```ts browser\n(.*?)^```$/ms.exec(readFileSync(join(root, 'docs/mock.md'), 'utf8'))![1]!
    await bundle(site.folder, { 'snippet.ts': `${snippet}\ndocument.title = 'ready'` })
    const opened = await open('snippet.html')
    const status = await opened.evaluate(async () => (await fetch('https://orckai.app/api/v1/agents', { headers: { 'x-api-key': 'oak_test_full_access_0000000000000000' } })).status)
    expect(status).toBe(200)
    await opened.context().close()
  })
})

/** Chromium itself reports each answer of 400 and above, and each broken connection; they are what is tested. */
const EXPECTED_BY_CHROMIUM = /^Failed to load resource: /

async function bundle(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, code] of Object.entries(files)) {
    writeFileSync(join(folder, name), code)
    writeFileSync(join(folder, 'out', name.replace(/\.\w+$/, '.html')), `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="/${name.replace(/\.\w+$/, '.js')}"></script>`)
  }
  await build({ entryPoints: Object.keys(files).map((name) => join(folder, name)), outdir: join(folder, 'out'), bundle: true, splitting: true, format: 'esm', platform: 'browser', target: 'es2022', logLevel: 'silent' })
}

/** Pages, msw's worker and the examples; it knows no API. */
async function serveSite(): Promise<{ url: string; folder: string; server: Server }> {
  const folder = join(packed().project, 'browser')
  mkdirSync(join(folder, 'out'), { recursive: true })
  copyFileSync(join(here, 'story.mjs'), join(folder, 'story.mjs'))
  await bundle(folder, { 'page.mjs': readFileSync(join(here, 'mock-page.mjs'), 'utf8') })
  copyFileSync(join(folderOf('msw'), 'lib/mockServiceWorker.js'), join(folder, 'out/mockServiceWorker.js'))
  writeFileSync(join(folder, 'out/beside.txt'), 'the page’s own')
  const server = createServer((request, response) => {
    const path = request.url!.split('?')[0]!
    const file = path.startsWith('/examples/') ? join(root, 'examples/documents', path.slice('/examples/'.length)) : join(folder, 'out', path)
    if (!existsSync(file)) return void response.writeHead(404).end()
    response.writeHead(200, { 'content-type': TYPES[file.slice(file.lastIndexOf('.') + 1)] ?? 'application/octet-stream' }).end(readFileSync(file))
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, folder, server }
}

const TYPES: Readonly<Record<string, string>> = { html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', txt: 'text/plain; charset=utf-8' }
