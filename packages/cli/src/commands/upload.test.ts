import { createMock, type Mock } from '@orkit/mock'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { app } from '../../test/app.js'
import { fakeIo } from '../../test/io.js'
import { run } from '../app/run.js'

let mock: Mock
let env: Record<string, string>
let cwd: string
const kb = 'd4e5f6a7-0000-4000-8000-000000000001'

beforeAll(async () => {
  mock = createMock({ systems: ['orckai', 'klarefi'], strict: true, rateLimits: 'off' })
  const { url } = await mock.listen({ port: 0 })
  const klarefi = (await mock.credentials('klarefi')) as { apiKey?: string }
  env = { ORKIT_CREDENTIAL_STORE: 'file', ORCKAI_BASE_URL: `${url}/orckai/api/v1`, ORCKAI_API_KEY: 'oak_test_full_access_0000000000000000', KLAREFI_BASE_URL: `${url}/klarefi`, KLAREFI_API_KEY: String(klarefi.apiKey) }
})
afterAll(() => mock.close())
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'orkit-upload-'))
  mkdirSync(join(cwd, 'docs'))
  for (const name of ['a', 'b', 'c']) writeFileSync(join(cwd, 'docs', `${name}.md`), `# ${name} ${cwd}`)
})

async function orkit(line: readonly string[], more: Parameters<typeof fakeIo>[0] = {}) {
  const io = fakeIo({ cwd, ...more, env: { HOME: cwd, XDG_CONFIG_HOME: join(cwd, 'config'), XDG_STATE_HOME: join(cwd, 'state'), ...env, ...more.env } })
  const code = await run(app, line, io)
  return { code, out: io.out(), err: io.err(), rows: () => io.out().trim().split('\n').filter(Boolean).map((each) => JSON.parse(each) as Record<string, unknown>) }
}

describe('upload', () => {
  it('sends a folder, once: the same command again has nothing to do', async () => {
    const first = await orkit(['orckai', 'upload', 'docs', '--to', kb, '--wait', '-o', 'jsonl'])
    expect(first.err).toContain('Orckai: 3 done')
    expect(first.code).toBe(0)
    expect(first.rows().map((row) => row['status'])).toEqual(['done', 'done', 'done'])
    const again = await orkit(['orckai', 'upload', 'docs', '--to', kb, '--wait', '-o', 'json'])
    expect(again.code).toBe(0)
    expect((JSON.parse(again.out) as { document: string }[]).map((row) => row.document).toSorted()).toEqual(first.rows().map((row) => row['document']).toSorted())
    expect(again.err).toContain('3 items, 3 of them settled in earlier runs')
    writeFileSync(join(cwd, 'docs', 'd.md'), `# d ${cwd}`)
    expect((await orkit(['orckai', 'upload', 'docs', '--to', kb, '--wait', '-o', 'jsonl'])).rows()).toHaveLength(4)
  })

  it('reports what failed, and goes on with the rest', async () => {
    writeFileSync(join(cwd, 'docs', 'empty.md'), '')
    const { code, out, err } = await orkit(['orckai', 'upload', 'docs', 'missing.md', '--to', kb, '--wait', '-o', 'table', '--report', 'out/report.csv'])
    expect(code).toBe(8)
    expect(err).toContain('3 done, 2 failed')
    expect(err).not.toContain('earlier')
    expect(out).toMatch(/docs\/empty\.md\s+failed\s+EMPTY_FILE/)
    expect(out).toMatch(/missing\.md\s+failed\s+NOT_FOUND/)
    expect(readFileSync(join(cwd, 'out', 'report.csv'), 'utf8').split('\r\n')).toHaveLength(7)
  })

  it('takes a list from stdin and patterns', async () => {
    const listed = await orkit(['orckai', 'upload', '-', 'docs/{b,c}.md', '--to', kb, '-o', 'jsonl', '--journal', 'none'], { stdin: 'docs/a.md\n' })
    expect(listed.rows().map((row) => row['path'])).toEqual(expect.arrayContaining(['docs/a.md', 'docs/b.md', 'docs/c.md']))
    expect(readdirSync(cwd)).not.toContain('.orkit')
  })

  it('takes folders of a list as those of the command line, and addresses between files', async () => {
    writeFileSync(join(cwd, 'docs', '.gitignore'), '*.md\n')
    const listed = await orkit(['orckai', 'upload', '-', '--all-files', '--to', kb, '-o', 'jsonl', '--dry-run'], { stdin: 'docs\n' })
    expect(listed.rows().map((row) => row['path'])).toEqual(['docs/a.md', 'docs/b.md', 'docs/c.md'])
    const mixed = await orkit(['orckai', 'upload', 'docs/a.md', 'https://files.example.com/c.pdf?sig=s3cr3t&v=1', 'docs/b.md', '--to', kb, '-o', 'jsonl', '--dry-run'])
    expect(mixed.rows()).toEqual([{ path: 'docs/a.md' }, { path: 'https://files.example.com/c.pdf?sig=[redacted]&v=1' }, { path: 'docs/b.md' }])
  })

  it('writes no results into a file that holds something else', async () => {
    writeFileSync(join(cwd, 'notes.txt'), 'my notes')
    const { code, err } = await orkit(['orckai', 'upload', 'docs', '--to', kb, '--results', 'notes.txt'])
    expect(code).toBe(2)
    expect(err).toContain('notes.txt holds something else than results of a batch')
    expect(readFileSync(join(cwd, 'notes.txt'), 'utf8')).toBe('my notes')
  })

  it('stops at a refused credential: exit 3, and says how to go on', async () => {
    const { code, err } = await orkit(['orckai', 'upload', 'docs', '--to', kb, '-o', 'jsonl'], { env: { ORCKAI_API_KEY: 'oak_wrong' } })
    expect(code).toBe(3)
    expect(err).toMatch(/Go on with: orkit orckai batch resume \.orkit\/orckai-[0-9a-f]+\.journal/)
    const journal = /batch resume (\S+)/.exec(err)![1]!
    const resumed = await orkit(['orckai', 'batch', 'resume', journal, '--wait', '-o', 'jsonl'])
    expect(resumed.code).toBe(0)
    expect(resumed.rows().map((row) => row['status'])).toEqual(['done', 'done', 'done'])
    const list = await orkit(['orckai', 'batch', 'list', '-o', 'json'])
    expect(JSON.parse(list.out)).toMatchObject([{ items: 3, status: '3 done', complete: true, account: expect.stringMatching(/^organization \S+ \(Northwind Analytics\)$/) as string }])
    const shown = await orkit(['orckai', 'batch', 'show', journal, '-o', 'csv', '--fields', 'path,status'])
    expect(shown.out).toContain('docs/a.md,done')
  })

  it('exports and cancels batches, skips what is there, keeps accounts apart', async () => {
    await orkit(['orckai', 'upload', 'docs', '--to', kb, '--journal', 'x.journal'])
    expect((await orkit(['orckai', 'batch', 'export', 'x.journal', 'out/x.xml'])).code).toBe(0)
    expect(readFileSync(join(cwd, 'out', 'x.xml'), 'utf8')).toContain('tests="3" failures="0"')
    expect((await orkit(['orckai', 'batch', 'export', 'x.journal', 'x.pdf'])).code).toBe(2)
    const skipped = await orkit(['orckai', 'upload', 'docs', '--to', kb, '--journal', 'none', '--skip-existing', '-o', 'jsonl'])
    expect(skipped.rows().map((row) => row['code'])).toEqual(['EXISTS', 'EXISTS', 'EXISTS'])
    const other = await orkit(['orckai', 'upload', 'docs', '--to', kb, '--journal', 'x.journal'], { env: { ORCKAI_API_KEY: 'oak_test_other_org_00000000000000000' } })
    expect([other.code, other.err]).toEqual([2, expect.stringMatching(/begun for organization \S+ \(Northwind Analytics\); the credential now is that of organization \S+ \(.+\)[\s\S]*--accept-account/)])
    const stopped = await orkit(['orckai', 'upload', 'docs', '--to', kb, '--journal', 'y.journal', '-o', 'jsonl'], { env: { ORCKAI_API_KEY: 'oak_wrong' } })
    expect(stopped.code).toBe(3)
    expect((await orkit(['orckai', 'batch', 'cancel', 'y.journal'])).err).toContain('3 cancelled; 3 skipped')
    expect((await orkit(['orckai', 'batch', 'resume', 'y.journal', '-o', 'jsonl'])).rows().map((row) => row['status'])).toEqual(['skipped', 'skipped', 'skipped'])
  })

  it('refuses the journal of another destination before anything is sent', async () => {
    await orkit(['orckai', 'upload', 'docs', '--to', kb, '--journal', 'x.journal'])
    const { code, err } = await orkit(['orckai', 'upload', 'docs', '--to', 'other', '--journal', 'x.journal'])
    expect(code).toBe(2)
    expect(err).toContain('belongs to another destination')
  })

  it('asks for what is missing', async () => {
    expect((await orkit(['orckai', 'upload', 'docs'])).err).toContain('missing --to')
    expect((await orkit(['orckai', 'upload', '--to', kb])).err).toContain('nothing to upload')
    expect((await orkit(['klarefi', 'upload', 'https://files.example.com/a.pdf'])).err).toContain('missing --case-type')
    expect((await orkit(['orckai', 'upload', 'docs', '--to', kb, '--param', 'nope=1'])).err).toContain('nope is not a parameter')
  })

  it('dry run sends nothing', async () => {
    const { rows, code } = await orkit(['orckai', 'upload', 'docs', '--to', kb, '--dry-run', '-o', 'jsonl'])
    expect([code, rows().length]).toEqual([0, 3])
    expect(readdirSync(cwd)).not.toContain('.orkit')
  })

  it('Klarefi: addresses from a manifest, waited for, with results', async () => {
    writeFileSync(join(cwd, 'claims.csv'), 'url,case_type_id,external_case_id\nhttps://files.example.com/1.pdf,ct_claim,C-1\nhttps://files.example.com/2.pdf,ct_claim,C-2\n')
    const { code, rows, err } = await orkit(['klarefi', 'upload', '--manifest', 'claims.csv', '--results', 'out.jsonl', '-o', 'jsonl', '--progress', 'jsonl'])
    expect(err).toContain('"state":"done"')
    expect(rows().map((row) => row['status'])).toEqual(['done', 'done'])
    expect(code).toBe(0)
    const results = readFileSync(join(cwd, 'out.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { result: { external_case_id?: string } })
    expect(results.map((each) => each.result.external_case_id).toSorted()).toEqual(['C-1', 'C-2'])
    writeFileSync(join(cwd, 'bad.csv'), 'url,case_type_id,colour\nhttps://files.example.com/1.pdf,ct_claim,red\n,ct_claim,\n')
    const bad = await orkit(['klarefi', 'upload', '--manifest', 'bad.csv'])
    expect(bad.code).toBe(2)
    expect(bad.err).toMatch(/line 2: colour is not a parameter.*line 3: no path/)
  })

  it('shows where it is on a terminal, and takes the block away at the end', async () => {
    const { err, out } = await orkit(['orckai', 'upload', 'docs', '--to', kb, '--wait'], { tty: 100 })
    expect(stripVTControlCharacters(out)).toMatch(/PATH\s+STATUS/)
    expect(err).toContain('3 done')
  })

  it('many files on a terminal: what went wrong is shown, not a row for each; machines get all', async () => {
    for (let n = 0; n < 22; n++) writeFileSync(join(cwd, 'docs', `more-${n}.md`), n < 2 ? '' : `# ${n} ${cwd}`)
    const { out, err } = await orkit(['orckai', 'upload', 'docs', '--to', kb], { tty: 100 })
    const lines = stripVTControlCharacters(out).trim().split('\n')
    expect(lines).toHaveLength(3)
    expect(lines.slice(1).every((line) => /docs\/more-[01]\.md\s+failed\s+.*EMPTY_FILE/.test(line))).toBe(true)
    expect(err).toContain('23 without trouble are not shown. All of them: -o json, or --report FILE.')
    rmSync(join(cwd, 'docs', 'more-0.md'))
    rmSync(join(cwd, 'docs', 'more-1.md'))
    rmSync(join(cwd, '.orkit'), { recursive: true })
    const well = await orkit(['orckai', 'upload', 'docs', '--to', kb, '--wait'], { tty: 100 })
    expect(well.out).toBe('')
    expect(well.err).toContain('23 done')
    expect(well.err).not.toContain('No ')
    expect((await orkit(['orckai', 'upload', 'docs', '--to', kb, '-o', 'table'], { tty: 100 })).out.trim().split('\n')).toHaveLength(24)
    expect((await orkit(['orckai', 'upload', 'docs', '--to', kb, '-o', 'jsonl'])).rows()).toHaveLength(23)
  })

  it('interrupted: exit 130, nothing new is taken', async () => {
    const controller = new AbortController()
    controller.abort(Object.assign(new Error('interrupted by SIGINT'), { name: 'InterruptedError' }))
    const { code, err } = await orkit(['orckai', 'upload', 'docs', '--to', kb, '-o', 'jsonl'], { signal: controller.signal })
    expect(code).toBe(130)
    expect(err).toContain('Go on with')
  })
})
