import { describe, expect, it } from 'vitest'
import { bundle } from '../../../../bench/sdk/bundle.js'

const systems = ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter']
const oneCall = `import { Orckai } from './src/systems/orckai/index.ts'\nexport const agent = new Orckai({ apiKey: 'k' }).agents.get('a')`

/**
 * Minified and gzipped, the rate limits included. The aims are 10 kB for a client with one call and 5 kB for the core; these are the limits of what is reached,
 * so that it only gets smaller. Lower them when it does.
 */
const LIMITS = { oneCall: 16_980, oneCallWhole: 31_770, core: 14_580 }

describe('what a program carries', () => {
  it('one client and one call', async () => {
    const { gzip, whole, files } = await bundle(oneCall)
    expect(whole).toBeLessThanOrEqual(LIMITS.oneCallWhole)
    expect(gzip).toBeLessThanOrEqual(LIMITS.oneCall)
    expect(files).toContain('src/core/client.ts')
  })

  it('the core', async () => {
    expect((await bundle(`export { ApiClient } from './src/core/client.ts'`)).gzip).toBeLessThanOrEqual(LIMITS.core)
  })

  it('no streams, uploads, downloads, pages or waiting before a call needs them', async () => {
    const { files, allFiles } = await bundle(oneCall)
    for (const part of ['core/event-stream', 'core/multipart', 'core/download', 'core/pagination', 'core/follow', 'core/wait', 'core/errors/response', 'core/redirect', 'rate-limit/queue']) {
      expect(files).not.toContain(`src/${part}.ts`)
      expect(allFiles).toContain(`src/${part}.ts`)
    }
    expect(files.filter((file) => file.includes('eventsource-parser'))).toEqual([])
  })

  it.each(systems)('%s brings nothing of another system', async (system) => {
    const { allFiles } = await bundle(`export * from './src/systems/${system}/index.ts'`)
    const others = allFiles.filter((file) => systems.some((other) => other !== system && file.includes(`/systems/${other}/`)))
    expect(allFiles.some((file) => file.includes(`/systems/${system}/`))).toBe(true)
    expect(others).toEqual([])
  })

  it.each(systems)('%s that is imported and not used leaves nothing behind', async (system) => {
    const { gzip } = await bundle(`import './src/systems/${system}/index.ts'\nexport const nothing = 1`)
    expect(gzip).toBeLessThan(100)
  })
})
