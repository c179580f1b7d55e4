import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createMock, type Mock } from '../../../mock/src/index.js'
import { rejection, serve, type TestServer } from '../fixture/server.js'
import type { Fetch, FetchInit } from '../../src/core/options.js'
import { platformFetch } from '../../src/core/platform-fetch.js'
import { nodeTransport, resumeToFile } from '../../src/node/index.js'
import { FlexOrch } from '../../src/systems/flexorch/index.js'
import { Orca } from '../../src/systems/orca/index.js'

let mock: Mock | undefined
let server: TestServer | undefined
let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'orkit-download-')) })
afterEach(async () => {
  await mock?.close()
  await server?.close()
  mock = server = undefined
  await rm(folder, { recursive: true })
})

/** A server that sends some bytes of a file and then nothing more. */
async function silent(fetch: Fetch, bytes: number) {
  server = await serve((_, response) => {
    response.writeHead(200, { 'content-type': 'application/pdf', 'content-length': '1000' })
    response.write('x'.repeat(bytes))
  })
  return new FlexOrch({ apiKey: 'dfx_x', baseUrl: server.url, fetch })
}

describe.each([['fetch', platformFetch], ['nodeTransport', nodeTransport()]] as const)('a download that falls silent, with %s', (_, fetch: Fetch) => {
  it('is an error of its own, and its connection is closed', async () => {
    const flexorch = await silent(fetch, 10)
    const error = await rejection(flexorch.datasets.export('28', { format: 'jsonl' }, { idleTimeout: 60, maxRetries: 0 }).then((file) => file.bytes()))
    expect(error).toMatchObject({ kind: 'TimeoutError', operation: 'datasets.export', scope: 'attempt', timeoutMs: 60, message: 'FlexOrch datasets.export: nothing came for 60 ms' })
    await vi.waitFor(() => expect(server!.seen[0]!.left()).toBe(true))
  })

  it('is not what a slow reader makes of it: only the wait for a byte counts', async () => {
    server = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '4' })
      response.write('ab')
      setTimeout(() => response.end('cd'), 20)
    })
    const flexorch = new FlexOrch({ apiKey: 'dfx_x', baseUrl: server.url, fetch })
    let text = ''
    for await (const chunk of (await flexorch.datasets.export('28', { format: 'jsonl' }, { idleTimeout: 100 })).stream()) {
      await new Promise((resolve) => setTimeout(resolve, 250))
      text += Buffer.from(chunk).toString()
    }
    expect(text).toBe('abcd')
  })

  it('leaves nothing behind when its reader leaves', async () => {
    const flexorch = await silent(fetch, 10)
    for await (const chunk of (await flexorch.datasets.export('28', { format: 'jsonl' }, { idleTimeout: 60_000 })).stream()) {
      expect(chunk.byteLength).toBe(10)
      break
    }
    await vi.waitFor(() => expect(server!.seen[0]!.left()).toBe(true))
  })
})

describe.each([['fetch', platformFetch], ['nodeTransport', nodeTransport()]] as const)('ORCA: a report behind its redirect, with %s', (_, fetch: Fetch) => {
  it('is taken up where the storage cut it, and no credential goes there', async () => {
    mock = createMock({ systems: ['orca'], jobDuration: 'immediate' })
    const { url } = await mock.listen()
    const sent: { url: string; headers: Record<string, string> }[] = []
    const orca = new Orca({
      ...await mock.credentials('orca'), baseUrl: `${url}/orca/api/v1`,
      fetch: (to: string, init: FetchInit) => {
        sent.push({ url: to, headers: init.headers })
        return fetch(to, init)
      },
    })
    const report = await orca.reports.generate({ report_type: 'gdpr_compliance' }).wait()
    const whole = await (await orca.reports.download(report.id!)).bytes()
    sent.length = 0
    mock.fail('orca', 'reports.download', { fault: 'stall', after: 200, skip: 1, times: 1 })
    const target = join(folder, 'report.pdf')
    await resumeToFile((more) => orca.reports.download(report.id!, { ...more, idleTimeout: 300 }), target)
    expect(new Uint8Array(await readFile(target))).toEqual(new Uint8Array(whole))
    expect(await readdir(folder)).toEqual(['report.pdf'])
    const stored = sent.filter((each) => each.url.includes('Signature='))
    expect(stored).toHaveLength(2)
    expect(stored[1]!.headers).toEqual({ range: expect.stringMatching(/^bytes=[1-9]\d*-$/), 'if-range': expect.stringMatching(/^"\w+"$/) })
  })
})
