import { chromium } from 'playwright-core'
const base = 'http://127.0.0.1:4555'
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
for (const scheme of ['light', 'dark']) for (const width of [1200, 360]) {
  const c = await b.newContext({ colorScheme: scheme, viewport: { width, height: 800 } })
  const p = await c.newPage()
  p.on('console', (m) => m.type() === 'error' && console.log('CONSOLE', p.url(), m.text()))
  p.on('pageerror', (e) => console.log('PAGEERROR', p.url(), e.message))
  p.on('requestfailed', (r) => console.log('FAILED', r.url(), r.failure()?.errorText))
  await p.goto(base + '/'); await p.waitForSelector('#state:text("live")')
  await fetch(base + '/orckai/api/v1/agents', { headers: { 'x-api-key': 'oak_test_full_access_0000000000000000' } })
  await fetch(base + '/orckai/api/v1/agents', { method: 'POST', headers: { 'x-api-key': 'oak_test_full_access_0000000000000000', 'content-type': 'application/json' }, body: '{"nam":1}' })
  await p.waitForSelector('#requests li')
  await p.screenshot({ path: `/tmp/shot-index-${scheme}-${width}.png`, fullPage: true })
  await p.locator('#requests button').first().click(); await p.waitForSelector('dialog[open]')
  await p.screenshot({ path: `/tmp/shot-details-${scheme}-${width}.png` })
  await p.goto(base + '/orckai/docs'); await p.waitForSelector('.opblock')
  await p.locator('.opblock').first().click(); await p.waitForTimeout(500)
  await p.screenshot({ path: `/tmp/shot-docs-${scheme}-${width}.png` })
  await p.goto(base + '/orckai/redoc'); await p.waitForSelector('h1', { timeout: 20000 }); await p.waitForTimeout(1500)
  await p.screenshot({ path: `/tmp/shot-redoc-${scheme}-${width}.png` })
  for (const path of ['/', '/orckai/docs', '/orckai/redoc']) { await p.goto(base + path); await p.waitForTimeout(800); console.log(scheme, width, path, await p.evaluate(() => [document.documentElement.scrollWidth, innerWidth])) }
  await c.close()
}
await b.close()
