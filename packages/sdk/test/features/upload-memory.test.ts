import { execFile } from 'node:child_process'
import { mkdtemp, open, rm } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'

const GIB = 1024 ** 3
let folder: string
let server: http.Server
let received = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orkit-memory-'))
  // Sparse: it takes no room on the disk.
  const file = await open(join(folder, 'large.bin'), 'w')
  await file.truncate(2 * GIB)
  await file.close()
  server = http.createServer((request, response) => {
    received = 0
    request.on('data', (chunk: Buffer) => { received += chunk.length })
    request.on('end', () => response.writeHead(201, { 'content-type': 'application/json' }).end('{"success":true,"data":{"id":"d"}}'))
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
})
afterAll(async () => {
  server.close()
  await rm(folder, { recursive: true })
})

it.each(['fetch', 'node'])('2 GiB go up by %s while memory rises by less than 64 MiB', { retry: 2, timeout: 120_000 }, async (transport) => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', fileURLToPath(new URL('upload-memory.ts', import.meta.url)), `http://127.0.0.1:${(server.address() as AddressInfo).port}`, join(folder, 'large.bin'), transport], { timeout: 110_000, env: { ...process.env, TSX_TSCONFIG_PATH: fileURLToPath(new URL('../../../../tsconfig.base.json', import.meta.url)) } })
  const { rise, sent } = JSON.parse(stdout) as { rise: number; sent: number }
  expect(received).toBeGreaterThan(2 * GIB)
  expect(sent).toBeGreaterThanOrEqual(2 * GIB)
  expect(rise).toBeLessThan(64)
})
