import { existsSync } from 'node:fs'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMock, type Listening, type Mock } from '../../src/index.js'

const CHROMIUM = '/usr/bin/chromium'
const KEY = 'oak_test_full_access_0000000000000000'
const missing = !existsSync(CHROMIUM)
if (missing && process.env['CI']) throw new Error('These tests need Chromium in CI: apt-get install chromium')

describe.skipIf(missing)(`pages in Chromium${missing ? ' (skipped: apt-get install chromium)' : ''}`, { timeout: 60_000 }, () => {
  let browser: Browser
  let mock: Mock
  let server: Listening
  let wrong: string[]

  beforeAll(async () => {
    const { chromium } = await import('playwright-core')
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
    mock = createMock({ strict: true })
    server = await mock.listen()
  }, 60_000)
  afterAll(async () => {
    await browser?.close()
    await mock?.close()
  })

  /** A page of which every console error, script error, failed request and foreign address is remembered. */
  async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    wrong = []
    await mock.reset()
    const context = await browser.newContext({ viewport: { width: 1200, height: 800 }, ...options })
    const page = await context.newPage()
    page.on('console', (message) => void (message.type() === 'error' && wrong.push(message.text())))
    page.on('pageerror', (error) => void wrong.push(error.message))
    page.on('request', (request) => void (!request.url().startsWith(server.url) && !/^(?:data|blob):/.test(request.url()) && wrong.push(request.url())))
    await page.goto(server.url + path)
    return page
  }

  const api = (path: string, init: RequestInit = {}) => fetch(`${server.url}/orckai/api/v1${path}`, { ...init, headers: { 'x-api-key': KEY, 'content-type': 'application/json' } })

  it('shows requests while they come, and what is wrong with one', async () => {
    const page = await open('/')
    await page.getByText('live', { exact: true }).waitFor()
    // On its card, and in the request to begin with.
    expect(await page.getByText(KEY).count()).toBe(2)
    expect(await page.locator('#empty').isVisible()).toBe(true)
    await api('/agents')
    await page.getByRole('button', { name: 'agents.list' }).waitFor()
    await api('/agents', { method: 'POST', body: '{"nam":"x","password":"hunter2"}' })
    const bad = page.getByRole('button', { name: 'agents.create' })
    await bad.waitFor()
    // By keyboard alone: into the details and out again.
    await bad.focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog')
    const text = await dialog.innerText()
    expect(text).toContain('body name: is required')
    expect(text).toContain('[redacted]')
    expect(text).not.toMatch(new RegExp(`hunter2|${KEY}`))
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    expect(await bad.evaluate((element) => element === document.activeElement)).toBe(true)
    await page.getByLabel('Filter').fill('200')
    await bad.waitFor({ state: 'hidden' })
    await page.getByRole('button', { name: 'Reset the world' }).click()
    await page.getByRole('button', { name: 'agents.list' }).waitFor({ state: 'detached' })
    expect(wrong).toEqual([])
    await page.context().close()
  })

  it.each([
    ['orckai', '/agents', 'GET'],
    ['orca', '/jobs', 'GET'],
    ['flexorch', '/datasets', 'GET'],
    ['klarefi', '/api/v1/me', 'GET'],
    ['orbiter', '/api/v1/projects', 'POST'],
  ] as const)('%s: "try it out" works with the server’s own credentials', async (system, path, method) => {
    const page = await open(`/${system}/docs`)
    const block = page.locator(`.opblock-${method.toLowerCase()}`).filter({ has: page.locator(`.opblock-summary-path[data-path="${path}"]`) })
    await block.first().waitFor()
    const before = mock.journal.entries().length
    expect(before).toBe(0)
    await block.locator('.opblock-summary-control').click()
    await block.locator('.execute').click()
    const status = block.locator('.live-responses-table .response-col_status').nth(1)
    await status.waitFor()
    expect(await status.innerText()).toMatch(/^20[01]/)
    expect(mock.journal.entries({ system }).at(-1)).toMatchObject({ method, status: method === 'POST' ? 201 : 200 })
    expect(wrong).toEqual([])
    await page.context().close()
  })

  it('tells a rule from an answer, and says when a filter hides everything', async () => {
    const page = await open('/')
    await page.getByText('live', { exact: true }).waitFor()
    mock.fail('orckai', 'agents.list', { fault: 'reset' })
    await api('/agents').catch(() => {})
    mock.fail('orckai', 'agents.list', { status: 503 })
    await api('/agents')
    await page.getByRole('button', { name: /agents\.list .*503 by rule/ }).waitFor()
    await page.getByRole('button', { name: /agents\.list .*reset/ }).waitFor()
    expect(await page.locator('#empty').isVisible()).toBe(false)
    await page.getByRole('searchbox').fill('fault=reset')
    expect(await page.locator('#requests li:visible').count()).toBe(1)
    await page.getByRole('searchbox').fill('nothing like that')
    await page.getByText('No request fits the filter.').waitFor()
    expect(wrong).toEqual([])
    await page.context().close()
  })

  it('the page of the control plane tries it out, with the token from its address where one is wanted', async () => {
    const guarded = await mock.listen({ token: 'page-token-0123' })
    for (const [at, expected] of [['/__orkit/docs', '200'], [`${guarded.url}/__orkit/docs#token=page-token-0123`, '200'], [`${guarded.url}/__orkit/docs`, '403']] as const) {
      const page = await open('/')
      await page.goto(at.startsWith('/') ? server.url + at : at)
      const block = page.locator('#operations-World-world, .opblock').filter({ has: page.locator('.opblock-summary-path[data-path="/world"]') })
      await block.first().waitFor()
      await block.locator('.opblock-summary-control').click()
      await block.locator('.execute').click()
      const status = block.locator('.live-responses-table .response-col_status').nth(1)
      await status.waitFor()
      expect((await status.innerText()).slice(0, 3)).toBe(expected)
      await page.context().close()
    }
    await guarded.close()
  })

  it('by keyboard alone: every control is reached, and shows that it is', async () => {
    const page = await open('/')
    await page.getByText('live', { exact: true }).waitFor()
    await api('/agents')
    await page.getByRole('button', { name: 'agents.list' }).waitFor()
    const total = await page.locator('a, button, input, [tabindex="0"]').locator('visible=true').count()
    const seen = new Set<string>()
    for (let i = 0; i < total; i++) {
      await page.keyboard.press('Tab')
      const { name, ring } = await page.evaluate(() => {
        const at = document.activeElement as HTMLElement
        return { name: `${at.tagName} ${at.id} ${at.textContent} ${(at as HTMLAnchorElement).href ?? ''} ${[...document.querySelectorAll('*')].indexOf(at)}`, ring: getComputedStyle(at).outlineStyle !== 'none' && Number.parseFloat(getComputedStyle(at).outlineWidth) >= 2 }
      })
      expect(ring, name).toBe(true)
      seen.add(name)
    }
    expect(seen.size).toBe(total)
    await page.context().close()
  })

  it('ReDoc renders without a CDN', async () => {
    const page = await open('/flexorch/redoc')
    await page.getByRole('heading', { level: 1 }).first().waitFor()
    await page.getByPlaceholder('Search...').fill('dataset')
    await page.locator('[data-role="search:results"]').waitFor()
    expect(wrong).toEqual([])
    await page.context().close()
  })

  it.each(['/', '/orckai/docs', '/orckai/redoc', '/__orkit/docs'])('%s fits 360 px, in light and dark', async (path) => {
    const back = new Set<string>()
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await open(path, { colorScheme, viewport: { width: 360, height: 740 } })
      await page.locator(path === '/' ? '#state' : path.endsWith('docs') ? '.opblock' : 'h1').first().waitFor()
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
      back.add(String(await page.evaluate(() => `${getComputedStyle(document.documentElement).filter} ${getComputedStyle(document.documentElement).backgroundColor} ${getComputedStyle(document.body).backgroundColor}`)))
      expect(wrong).toEqual([])
      await page.context().close()
    }
    expect(back.size).toBe(2)
  })

  it('allows no inline script', async () => {
    for (const path of ['/', '/orckai/docs', '/orckai/redoc', '/__orkit/docs']) {
      const response = await fetch(server.url + path)
      expect(response.headers.get('content-security-policy')).toMatch(/default-src 'none'; script-src 'self';/)
      expect(await response.text()).not.toMatch(/<script(?![^>]* src=)|\son\w+=|https?:\/\/(?!127\.0\.0\.1)/)
    }
  })
})
