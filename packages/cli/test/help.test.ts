import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { topics } from '../src/app/topics.js'
import { helpOf } from '../src/app/help.js'
import { run } from '../src/app/run.js'
import { globalFlags } from '../src/app/settings.js'
import type { CommandNode } from '../src/app/tree.js'
import { readManifest, systems } from '../src/commands/catalog.js'
import { app, manifests } from './app.js'
import { RedisServer, withoutRedis } from '../../../test/batch/redis.js'
import { fakeIo } from './io.js'
import { shellWords } from './shell-words.js'

const examples = fileURLToPath(new URL('../../../examples', import.meta.url))

/** Every level of the tree, but for `call`, which repeats the operations under their ids. */
function* levels(node: CommandNode, words: readonly string[] = []): Generator<{ words: readonly string[]; node: CommandNode; text: string }> {
  if (node.command?.hidden) return
  const children = [...node.children().values()]
  yield { words, node, text: helpOf(node, words) }
  if (words.at(-1) === 'call') return
  for (const child of children) yield* levels(child, [...words, child.name])
}
const all = [...levels(app.root)]

const orkit = async (line: readonly string[], env: Record<string, string> = {}, cwd?: string, tty?: number) => {
  const home = mkdtempSync(join(tmpdir(), 'orkit-help-'))
  const io = fakeIo({ env: { HOME: home, ORKIT_CREDENTIAL_STORE: 'file', ...env }, cwd: cwd ?? home, ...(tty ? { tty } : {}) })
  return { code: await run(app, line, io), out: io.out(), err: io.err() }
}

describe('help', () => {
  it('fits a screen at every level', () => {
    expect(all.length).toBeGreaterThan(250)
    for (const { words, text } of all) {
      const lines = text.split('\n')
      // `call` lists every operation of a system by its id.
      expect(lines.length, `lines of '${words.join(' ')} --help'`).toBeLessThanOrEqual(words.at(-1) === 'call' ? 48 : words.length === 0 ? 41 : 40)
      for (const line of lines) if (!line.includes('https://') && !/^ +(orkit |--?[\w-]+ ').* ?\\?$/.test(line)) expect(line.length, `${words.join(' ')}: ${line}`).toBeLessThanOrEqual(100)
    }
    for (const [name, { text }] of Object.entries(topics)) for (const line of text().split('\n')) expect(line.length, `${name}: ${line}`).toBeLessThanOrEqual(100)
  })

  it('says in every command what it needs and where it comes from', () => {
    for (const system of Object.keys(systems)) {
      const manifest = readManifest(system, manifests)
      for (const entry of manifest.commands) {
        const level = all.find(({ node, words }) => words[0] === system && node.command?.facts?.some(([label]) => label === 'Vendor docs') && words.slice(1).join(' ') === entry.path.join(' '))
        if (!level) continue
        for (const scope of entry.scopes ?? []) expect(level.text, entry.id).toContain(scope)
        if (entry.rateLimit) expect(level.text, entry.id).toContain(`Rate limit:`)
        expect(level.text, entry.id).toContain('Origin:')
        expect(level.text, entry.id).toContain(manifest.docs)
        for (const f of entry.flags.filter((each) => each.required)) expect(level.text, entry.id).toContain(`--${f.flag}`)
      }
    }
  })

  it.each([['root', ['--help']], ['orckai', ['orckai', '--help']], ['orckai-agents', ['orckai', 'agents', '--help']], ['orckai-agents-list', ['orckai', 'agents', 'list', '-h']], ['orckai-agents-create', ['orckai', 'agents', 'create', '--help']], ['klarefi-process-create', ['klarefi', 'process', 'create', '--help']], ...Object.keys(topics).map((name) => [`topic-${name}`, ['help', name]] as [string, string[]])])('golden: %s', async (name, line) => {
    const { code, out, err } = await orkit(line)
    expect([code, err]).toEqual([0, ''])
    await expect(out).toMatchFileSnapshot(`golden/${name}.txt`)
  })

  it('is found by words too, and says when it is not', async () => {
    expect((await orkit(['help', 'orckai', 'agents', 'list'])).out).toBe((await orkit(['orckai', 'agents', 'list', '--help'])).out)
    expect((await orkit(['help'])).out).toBe((await orkit(['--help'])).out)
    const wrong = await orkit(['help', 'exit-code'], {}, undefined, 100)
    expect(wrong.code).toBe(2)
  })

  it('shows the members of objects when asked', async () => {
    const short = (await orkit(['flexorch', 'connectors', 'create', '--help'])).out
    const long = (await orkit(['flexorch', 'connectors', 'create', '--help', '--verbose'])).out
    expect(short).toContain('add --verbose')
    expect(long.split('\n').length).toBeGreaterThan(short.split('\n').length)
  })
})

describe('examples', () => {
  const lines = all.flatMap(({ words, node, text }) => {
    const from = text.indexOf('\nExamples:\n')
    if (from === -1 || !node.command) return []
    const block = text.slice(from + 11).split(/\n(?=\S|\n)/)[0]!
    return block.split(/\n(?= {2}orkit)/).map((line) => ({ system: words[0]!, line: line.trim() }))
  })

  const groups = [...new Set(lines.map(({ system }) => system))].filter((system) => system !== 'batch' || !withoutRedis)
  it.each(groups)('of %s run against the reference server', { timeout: 120_000 }, async (system) => {
    const cwd = mkdtempSync(join(tmpdir(), 'orkit-examples-'))
    cpSync(examples, join(cwd, 'examples'), { recursive: true, filter: (path) => !path.includes('node_modules') })
    // The files that the examples name.
    for (const folder of ['docs', 'exports', 'invoices']) mkdirSync(join(cwd, folder))
    for (const [name, from] of [['README.md', undefined], ['customers.csv', 'csv'], ['docs/a.md', undefined], ['docs/a.pdf', 'pdf'], ['invoices/a.pdf', 'pdf'], ['exports/a.csv', 'csv']] as const) {
      if (from === undefined) writeFileSync(join(cwd, name), '# Notes\nThe refund policy of an example.\n')
      else copyFileSync(join(examples, 'documents', from, readdirSync(join(examples, 'documents', from))[0]!), join(cwd, name))
    }
    const redis = system === 'batch' ? await new RedisServer({ folder: join(cwd, 'redis') }).start() : undefined
    const failed: string[] = []
    const mine = lines.filter((each) => each.system === system && !/^orkit mock (?!run)/.test(each.line) && !/^orkit mock$/.test(each.line))
    expect(mine.length + (system === 'mock' ? 1 : 0)).toBeGreaterThan(0)
    for (const { line } of mine) {
      const home = mkdtempSync(join(tmpdir(), 'orkit-example-'))
      const io = fakeIo({ env: { HOME: home, ORKIT_CREDENTIAL_STORE: 'file' }, cwd, stdin: '' })
      const words = shellWords(redis === undefined ? line : line.replace(/rediss?:\/\/\S+/, redis.url)).slice(1)
      const code = await run(app, [...words, '--yes', '--no-progress'], io)
      if (code !== 0) failed.push(`${line}\n  exit ${code}: ${io.err().slice(0, 300)}`)
    }
    await redis?.stop()
    expect(failed.join('\n')).toBe('')
  })
})

describe('flags', () => {
  it('of operations never meet a global one', () => {
    const taken = new Set(globalFlags.map((g) => g.flag))
    for (const system of Object.keys(systems)) {
      for (const { id, flags } of readManifest(system, manifests).commands) {
        const names = flags.map((f) => f.flag)
        const booleans = flags.filter((f) => f.type === 'boolean').map((f) => f.flag)
        expect(new Set(names).size, id).toBe(names.length)
        for (const name of names) {
          expect(taken.has(name) || name === 'body' || name === 'field', `${system} ${id} --${name}`).toBe(false)
          // A boolean brings its own `--no-`.
          if (booleans.includes(name)) expect(taken.has(`no-${name}`) || names.includes(`no-${name}`), `${system} ${id} --no-${name}`).toBe(false)
        }
      }
    }
  })
})
