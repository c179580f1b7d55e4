import { build, type BuildOptions } from 'esbuild'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { entriesOf, folderOf, packed, run } from './packed.js'

/** Bundles a program for browsers: a Node built-in that can be reached, even by a dynamic import, is an error there. */
async function bundle(code: string, external: string[] = [], options: Pick<BuildOptions, 'platform' | 'mainFields' | 'conditions'> = {}) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: packed().project, loader: 'ts' },
    bundle: true, write: false, format: 'esm', platform: 'browser', target: 'es2022', minify: true, external, logLevel: 'silent', splitting: true, outdir: 'out', ...options,
  })
  return { text: outputFiles.map((file) => file.text).join('\n'), entry: outputFiles.find((file) => file.path.endsWith('stdin.js'))!.text }
}

const NODE_ONLY = ['@orkit/sdk/node', '@orkit/sdk/batch', '@orkit/sdk/batch/queue']
/** What asks for a Node built-in when it runs. */
const BUILT_IN = /\b(?:from|import|require)\s*\(?\s*["'`](?:node:|(?:fs|http|https|net|crypto|path|stream|zlib|events|url|module|dns)["'`])/
const SYSTEMS = ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter']

describe('for browsers and workers', () => {
  it('no portable entry reaches a Node built-in', async () => {
    const entries = entriesOf('@orkit/sdk').filter((entry) => !NODE_ONLY.includes(entry))
    expect(entries).toEqual(expect.arrayContaining(['@orkit/sdk', '@orkit/sdk/webhooks', ...SYSTEMS.flatMap((system) => [`@orkit/sdk/${system}`, `@orkit/sdk/${system}/api`])]))
    const { text } = await bundle(entries.map((entry, i) => `export * as e${i} from '${entry}'`).join('\n'))
    expect(BUILT_IN.exec(text)).toBeNull()
    // The rule has teeth: the Node entry does not bundle.
    await expect(bundle(`export * from '@orkit/sdk/node'`)).rejects.toThrow(/node:/)
  })

  it('neither does the reference server, with msw', async () => {
    const { text } = await bundle(`export * from '@orkit/mock'; export * from 'msw/browser'`)
    expect(BUILT_IN.exec(text)).toBeNull()
    // All five systems and what they load later are in there; what serves ports, files and proxies is not.
    expect(['"orca"', '"orckai"', '"flexorch"', '"klarefi"', '"orbiter"', 'MiniSearch', 'SignJWT', 'getDocument', 'parquet'].filter((word) => !text.includes(word))).toEqual([])
    expect(/createServer|brotliDecompress|WebSocketServer/.exec(text)).toBeNull()
    // The rule has teeth here too: what Node loads does not bundle.
    await expect(bundle(`export * from './node_modules/@orkit/mock/dist/index.js'`)).rejects.toThrow(/node:fs/)
  })

  it('the reference server has the same names there', async () => {
    const names = (path: string) => import(join(folderOf('@orkit/mock'), path)).then((module: object) => Object.keys(module).toSorted())
    expect(await names('dist/browser.js')).toEqual(await names('dist/index.js'))
  })

  it('a test with a simulated browser in Node (jest-environment-jsdom) requires the entry for Node', async () => {
    expect(await run(process.execPath, ['--conditions=browser', '-p', `require.resolve('@orkit/mock').split('/').at(-1)`])).toBe('index.cjs\n')
    expect(await run(process.execPath, ['--conditions=browser', '--input-type=module', '-e', `console.log(import.meta.resolve('@orkit/mock').split('/').at(-1))`])).toBe('browser.js\n')
  })

  it.each(['browser', 'workerd', 'edge-light', 'deno', 'bun', undefined])('under the condition %s, no client reaches one either, though node may hold as well', async (condition) => {
    const code = SYSTEMS.map((system) => `export * as ${system} from '@orkit/sdk/${system}'`).join('\n')
    for (const node of condition === undefined ? [[]] : [[], ['node']]) {
      for (const format of ['import', 'require']) {
        const { text } = await bundle(code, [], { platform: 'neutral', mainFields: ['module', 'main'], conditions: [...node, format, ...(condition === undefined ? [] : [condition])] })
        expect(text).not.toMatch(/["'`]node:/)
        expect(text).toContain('globalThis.fetch')
      }
    }
  })

  it('on Node, a client reaches node:http, but only when it is called', async () => {
    const { text, entry } = await bundle(`export * from '@orkit/sdk/orckai'`, [], { platform: 'node', conditions: ['node'] })
    expect(text).toContain('node:http')
    expect(entry).not.toMatch(/["'`]node:/)
  })

  it('optional peers may be absent', async () => {
    const { text } = await bundle(SYSTEMS.map((system) => `export * as ${system} from '@orkit/sdk/${system}'`).join('\n'))
    expect(text).not.toMatch(/from["']ws["']|openapi-fetch/)
  })

  it.each(SYSTEMS)('%s brings along no other system', async (system) => {
    const { text } = await bundle(`export * from '@orkit/sdk/${system}'`)
    expect(SYSTEMS.filter((each) => new RegExp(`system:["'\`]${each}["'\`]`).test(text))).toEqual([system])
  })
})

it('an import that is not used leaves nothing in the bundle', async () => {
  // What would be loaded later has files of its own, which nobody asks for.
  const { entry } = await bundle(entriesOf('@orkit/sdk').filter((name) => !NODE_ONLY.includes(name)).map((name) => `import '${name}'`).join('\n'))
  expect(entry.trim()).toBe('')
})
