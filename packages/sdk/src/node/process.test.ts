import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { ok, serve } from '../../test/fixture/server.js'

/** What the environment and the end of a process mean for clients that are given no transport. */

const base = { ...process.env, TSX_TSCONFIG_PATH: fileURLToPath(new URL('../../../../tsconfig.base.json', import.meta.url)) }
const program = (url: string) => `
  const { Orckai } = await import(${JSON.stringify(new URL('../systems/orckai/index.ts', import.meta.url).href)})
  const orckai = new Orckai({ apiKey: 'oak_x', baseUrl: ${JSON.stringify(url)}, maxRetries: 0 })
  await Promise.all(Array.from({ length: 5 }, () => orckai.agents.get('a'))).then((all) => console.log(all.length), (error) => console.log(error.kind, error.code))`
const run = async (url: string, env: Record<string, string> = {}) =>
  (await promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program(url)], { env: { ...base, ...env }, timeout: 60_000 })).stdout.trim()

it('a process ends while idle connections are open, and asks no proxy for this machine', async () => {
  const server = await serve((_, response) => ok(response, { id: 'a' }))
  const nowhere = { HTTP_PROXY: 'http://127.0.0.1:1', HTTPS_PROXY: 'http://127.0.0.1:1', ALL_PROXY: 'http://127.0.0.1:1' }
  expect(await run(server.url, nowhere)).toBe('5')
  // Kept alive for 30 s by this server: the process did not wait for that, or it would have been ended by its time-out.
  expect(server.seen).toHaveLength(5)
  await server.close()
})

it.skipIf(process.env['CI'] !== 'true' && spawnSync('openssl', ['version']).error !== undefined)('certificates are trusted as Node is told to', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'orkit-ca-'))
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name)) as [string, string]
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' })
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => ok(response, { id: 'a' }))
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  const [plain, extra, byAddress, loose] = await Promise.all([
    run(`https://localhost:${port}`), run(`https://localhost:${port}`, { NODE_EXTRA_CA_CERTS: cert }), run(`https://127.0.0.1:${port}`, { NODE_EXTRA_CA_CERTS: cert }),
    run(`https://localhost:${port}`, { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1' }),
  ])
  expect(plain).toMatch(/^ConnectionError (DEPTH_ZERO_)?SELF_SIGNED_CERT/)
  expect([extra, byAddress, loose]).toEqual(['5', '5', '5'])
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true })
})
