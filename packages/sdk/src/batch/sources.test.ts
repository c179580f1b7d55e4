import { chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { listSource } from './listing.js'
import { parseIgnore } from './ignore.js'
import { parseCsv, readManifest } from './manifest.js'
import type { JournalRecord } from './records.js'
import { fromList, fromPaths } from './sources.js'
import { BatchState } from './state.js'
import type { Source } from './types.js'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'orkit-sources-'))
  mkdirSync(join(cwd, 'docs', 'deep'), { recursive: true })
  for (const name of ['docs/b.pdf', 'docs/a.pdf', 'docs/deep/c.md', 'docs/.hidden', 'x.txt']) writeFileSync(join(cwd, name), name)
})

const list = async (source: AsyncIterable<{ path?: string; problem?: { code: string } }>) => {
  const found: string[] = []
  for await (const { path, problem } of source) found.push(problem ? `${path}!${problem.code}` : path!)
  return found
}

describe('paths', () => {
  it('files, folders and patterns, in a stable order', async () => {
    expect(await list(fromPaths(['x.txt', 'docs', 'docs/**/*.{md,pdf}'], { cwd }))).toEqual(['x.txt', 'docs/a.pdf', 'docs/b.pdf', 'docs/deep/c.md', 'docs/a.pdf', 'docs/b.pdf', 'docs/deep/c.md'])
  })

  it('what is missing is an item that failed', async () => {
    expect(await list(fromPaths(['no.txt', '*.none'], { cwd }))).toEqual(['no.txt!NOT_FOUND', '*.none!NO_MATCH'])
  })

  it('names with brackets are names when they exist', async () => {
    writeFileSync(join(cwd, 'a[1].txt'), 'x')
    expect(await list(fromPaths(['a[1].txt'], { cwd }))).toEqual(['a[1].txt'])
  })

  it('links that lead back and links to nowhere do not stop the walk', async () => {
    symlinkSync('..', join(cwd, 'docs', 'deep', 'up'))
    symlinkSync('self', join(cwd, 'docs', 'self'))
    symlinkSync('gone', join(cwd, 'docs', 'dangling'))
    expect(await list(fromPaths(['docs'], { cwd }))).toEqual(['docs/a.pdf', 'docs/b.pdf', 'docs/dangling!NOT_FOUND', 'docs/deep/c.md', 'docs/self!SYMLINK_LOOP'])
  })

  it('leaves out what .gitignore and .orkitignore name', async () => {
    for (const name of ['docs/a.tmp', 'docs/deep/keep.tmp', 'docs/deep/x.log', 'docs/top.log']) writeFileSync(join(cwd, name), name)
    mkdirSync(join(cwd, 'docs', 'out', 'in'), { recursive: true })
    writeFileSync(join(cwd, 'docs', 'out', 'in', 'z.md'), 'z')
    writeFileSync(join(cwd, 'docs', '.gitignore'), '# not these\n*.tmp\n/top.log\nout/\n')
    writeFileSync(join(cwd, 'docs', 'deep', '.orkitignore'), '!keep.tmp\n')
    expect(await list(fromPaths(['docs'], { cwd }))).toEqual(['docs/a.pdf', 'docs/b.pdf', 'docs/deep/c.md', 'docs/deep/keep.tmp', 'docs/deep/x.log'])
    expect(await list(fromPaths(['docs'], { cwd, ignoreFiles: false }))).toHaveLength(8)
  })

  it.each([
    ['*.md', 'deep/c.md', true], ['docs/*.md', 'docs/deep/c.md', false], ['docs/**/*.md', 'docs/deep/c.md', true], ['docs/**/*.md', 'docs/c.md', true], ['**/x', 'a/b/x', true],
    ['a?c', 'abc', true], ['a?c', 'a/c', false], ['[a-c].md', 'b.md', true], ['[!a-c].md', 'b.md', false], ['a.b', 'axb', false], ['\\#x', '#x', true], ['out/', 'out', false], ['[z-a].md', 'z.md', false], ['[]a].md', '].md', true], ['[', '[', true],
  ])('reads ignore patterns as git does: %s on %s', (pattern, path, expected) => {
    const [rule] = parseIgnore(pattern)
    expect(rule!.matches.test(path) && !rule!.folders).toBe(expected)
  })

  it.skipIf(process.platform !== 'linux')('names that are not UTF-8 are reported, the rest goes on', async () => {
    writeFileSync(Buffer.concat([Buffer.from(`${cwd}/docs/`), Buffer.from([0x66, 0xff, 0x2e, 0x6d, 0x64])]), 'x')
    expect(await list(fromPaths(['docs'], { cwd }))).toEqual(['docs/a.pdf', 'docs/b.pdf', 'docs/deep/c.md', 'docs/f\ufffd.md!NAME_NOT_UTF8'])
  })

  it('lists by line or by NUL', () => {
    expect([...fromList('a\r\nb c\n\n')].map((each) => each.path)).toEqual(['a', 'b c'])
    expect([...fromList('a\nb\0c\0')].map((each) => each.path)).toEqual(['a\nb', 'c'])
  })
})

async function listed(source: Source, state = new BatchState()) {
  const records: JournalRecord[] = []
  for await (const { record } of listSource(source, state, cwd, () => 1)) {
    if (!record) continue
    records.push(record)
    state.apply(record)
  }
  return { records, state }
}

describe('listing', () => {
  it('lists once, and what is unusable as failed', async () => {
    writeFileSync(join(cwd, 'empty'), '')
    const { state } = await listed(['x.txt', './x.txt', 'empty', 'docs', 'gone'])
    expect(state.items.map((item) => [item.path, item.state, item.code])).toEqual([['x.txt', 'planned', undefined], ['empty', 'failed', 'EMPTY_FILE'], ['docs', 'failed', 'NOT_A_FILE'], ['gone', 'failed', 'NOT_FOUND']])
  })

  it('keeps what looks the same, takes a new look at what was never sent, and adds what changed after it was sent', async () => {
    const { state } = await listed(['x.txt', 'docs/a.pdf', 'docs/b.pdf', 'later'])
    state.apply({ t: 'sending', n: 1, id: 'i', sha: 's', try: 1, at: 1 })
    state.apply({ t: 'accepted', n: 1, at: 2 })
    expect((await listed(['x.txt', 'docs/a.pdf', 'docs/b.pdf', 'later'], state)).records).toEqual([])
    for (const name of ['docs/a.pdf', 'docs/b.pdf', 'later']) writeFileSync(join(cwd, name), 'something else')
    const { records } = await listed(['x.txt', 'docs/a.pdf', 'docs/b.pdf', 'later'], state)
    expect(records).toMatchObject([{ n: 4, path: 'docs/a.pdf' }, { n: 2, path: 'docs/b.pdf' }, { n: 3, path: 'later' }])
    expect(state.items.map((item) => item.state)).toEqual(['planned', 'accepted', 'planned', 'planned', 'planned'])
  })

  it('a file that may not be read is found when it is read, not before', async () => {
    chmodSync(join(cwd, 'x.txt'), 0o000)
    expect((await listed(['x.txt'])).records).toHaveLength(1)
  })
})

describe('manifest', () => {
  const write = (name: string, text: string) => {
    writeFileSync(join(cwd, name), text)
    return join(cwd, name)
  }

  it('reads CSV with quotes, line ends and a byte order mark', async () => {
    const file = write('m.csv', '\uFEFFpath,name,note\r\n"a, b.pdf",Display.pdf,"two\nlines ""quoted"""\r\nhttps://x.example/c.pdf,,\r\n')
    expect(await readManifest(file)).toEqual([{ path: join(cwd, 'a, b.pdf'), name: 'Display.pdf', params: { note: 'two\nlines "quoted"' } }, { url: 'https://x.example/c.pdf' }])
  })

  it('reads JSON lines, params beside or inside', async () => {
    const file = write('m.jsonl', '{"path":"a","locale":"en"}\n\n{"url":"https://x/y","params":{"n":1}}\n')
    expect(await readManifest(file)).toEqual([{ path: join(cwd, 'a'), params: { locale: 'en' } }, { url: 'https://x/y', params: { n: 1 } }])
  })

  it('reads what is known of a file that is fetched, beside its parameters', async () => {
    const sha = 'Ab'.repeat(32)
    const file = write('m.csv', `url,size,sha256,locale,,\nhttps://x.example/c.pdf,12,${sha},en,,\nd.pdf,,,de,,\n`.replace('d.pdf', 'https://x.example/d.pdf'))
    const check = (params: object) => (Object.keys(params).some((name) => name !== 'locale') ? 'unknown' : undefined)
    expect(await readManifest(file, { check })).toEqual([
      { url: 'https://x.example/c.pdf', size: 12, sha256: sha.toLowerCase(), params: { locale: 'en' } }, { url: 'https://x.example/d.pdf', params: { locale: 'de' } },
    ])
    const lines = ['{"url":"https://x/y","size":0}', '{"url":"https://x/y","size":"many"}', '{"url":"https://x/y","sha256":"abc"}', '{"path":"a","size":1,"sha256":"abc"}']
    await expect(readManifest(write('m.jsonl', lines.join('\n')))).rejects.toMatchObject({
      problems: ['size is not a number of bytes', 'size is not a number of bytes', 'sha256 is not 64 hexadecimal digits', 'size and sha256 can only be given with an address'].map((message, index) => ({ line: index + 1, message })),
    })
  })

  it('names every bad line', async () => {
    const file = write('m.jsonl', '{"path":"a"}\nnope\n{"locale":"en"}\n[1]\n{"path":"b","bad":1}\n{"path":"c","url":"d"}\n')
    await expect(readManifest(file, { check: (params) => ('bad' in params ? 'bad is not known' : undefined) })).rejects.toMatchObject({
      problems: [{ line: 2, message: 'not JSON' }, { line: 3, message: 'no path or file or url' }, { line: 4, message: 'not a JSON object' }, { line: 5, message: 'bad is not known' }, { line: 6, message: 'path and url together' }],
    })
    await expect(readManifest(write('m.csv', 'path,n\na,1,2\n"b,2\n'))).rejects.toMatchObject({ problems: [{ line: 2 }, { line: 3, message: 'a quote is not closed' }] })
    await expect(readManifest(write('o.csv', 'path,n,path\na,1,b\n'))).rejects.toThrow(/line 1: the column path occurs twice/)
    await expect(readManifest(write('n.csv', 'name,n\na,1\n'))).rejects.toThrow(/must name the columns/)
  })

  it('CSV lines keep their numbers over quoted line ends', () => {
    expect([...parseCsv('a\n"x\ny"\nb')].map(({ line, cells }) => [line, cells[0]])).toEqual([[1, 'a'], [2, 'x\ny'], [4, 'b']])
  })
})
