import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMock, type Mock } from '../../../mock/src/index.js'
import type { Fetch, FetchInit } from '../../src/core/options.js'
import { platformFetch } from '../../src/core/platform-fetch.js'
import { nodeTransport, resumeToFile } from '../../src/node/index.js'
import { Orca } from '../../src/systems/orca/index.js'

let mock: Mock
let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'orkit-download-')) })
afterEach(async () => {
  await mock.close()
  await rm(folder, { recursive: true })
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
