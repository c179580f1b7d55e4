import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root, snippetsOf } from './snippets.js'

/** The generated reference: every operation is in it, its links lead somewhere, and the calls it shows compile against the SDK. */

const systems = { orca: 'Orca', orckai: 'Orckai', flexorch: 'FlexOrch', klarefi: 'Klarefi', orbiter: 'Orbiter' } as const
const folder = join(root, 'out', `reference-${process.pid}`)
const pageOf = (system: string) => `docs/reference/${system}.gen.md`

interface Document { readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId?: string }>>>> }
const documentOf = (system: string) => JSON.parse(readFileSync(join(root, `spec/dist/${system}.gen.json`), 'utf8')) as Document
const slug = (heading: string) => heading.toLowerCase().replace(/[^\w -]/g, '').replaceAll(' ', '-')

beforeAll(() => mkdirSync(folder, { recursive: true }))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(Object.keys(systems))('%s', (system) => {
  const text = readFileSync(join(root, pageOf(system)), 'utf8')
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map((match) => match[1]!)

  it('has a section for every operation', () => {
    const operations = Object.values(documentOf(system).paths).flatMap((item) => Object.values(item)).flatMap(({ operationId }) => operationId ?? [])
    expect(operations.length).toBeGreaterThan(9)
    expect(operations.filter((id) => !headings.includes(id))).toEqual([])
    expect(snippetsOf(pageOf(system), 'ts')).toHaveLength(operations.length)
  })

  it('has links that lead somewhere', () => {
    const anchors = new Set(headings.map(slug))
    const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map((match) => match[1]!)
    expect(links.length).toBeGreaterThan(9)
    expect(links.filter((link) => !anchors.has(link))).toEqual([])
  })
})

it('README counts the operations as they are', () => {
  const rows = [...readFileSync(join(root, 'README.md'), 'utf8').matchAll(/\| `@orkit\/sdk\/(\w+)` \|[^|]+\| (\d+)/g)].map(([, system, count]) => [system, Number(count)])
  const counted = Object.keys(systems).map((system) => [system, Object.values(documentOf(system).paths).flatMap((item) => Object.values(item)).filter(({ operationId }) => operationId !== undefined).length])
  expect(rows).toEqual(counted)
})

it('shows calls that compile', async () => {
  for (const [system, name] of Object.entries(systems)) {
    const ids = Object.keys(documentOf(system).paths).flatMap((path) => [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]!.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())))
    const blocks = snippetsOf(pageOf(system), 'ts').map(({ code }) => `  {\n    ${code.trim()}\n  }`)
    writeFileSync(join(folder, `${system}.ts`), [
      `import { ${name}, type Uploadable } from '@orkit/sdk/${system}'`,
      `export async function calls(${system}: ${name}, file: Uploadable, ${[...new Set(ids)].map((id) => `${id}: ${id === 'format' ? "'json'" : 'string'}`).join(', ')}) {`,
      ...blocks,
      '}\n',
    ].join('\n'))
  }
  const config = join(folder, 'tsconfig.json')
  writeFileSync(config, JSON.stringify({ extends: join(root, 'tsconfig.base.json'), compilerOptions: { noUnusedLocals: false, noUnusedParameters: false, lib: ['ES2023', 'DOM', 'DOM.Iterable', 'DOM.AsyncIterable'], types: ['node'], typeRoots: [join(root, 'node_modules/@types')] }, include: ['*.ts'] }))
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config, '--noEmit', '--pretty', 'false'], { cwd: root }).catch((error: { stdout: string }) => error)
  expect(stdout).toBe('')
}, 120_000)
