import { strToU8, zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { client, definition, fixture } from '../../test/fixture.js'
import type { JobDefinition } from '../kernel/definition.js'
import { defineSystem } from '../kernel/system.js'
import { SystemContext } from '../kernel/system-context.js'
import { parseCsv } from './csv.js'
import { transitions, viewAt, type JobState } from './jobs.js'
import { chunk, rank } from './search.js'
import { frame } from './sse.js'
import { readText } from './text.js'
import { xlsxRows } from './workbook.js'
import { refused } from './webhooks.js'

const definitionOf: JobDefinition = { steps: [{ status: 'queued' }, { status: 'running', share: 3 }], success: 'done' }
const state = (more: Partial<JobState> = {}): JobState => ({ kind: 'k', id: '1', owner: 'main', startedAt: 0, mode: { by: 'clock', duration: 400 }, ticks: 0, told: 0, toldAt: 0, data: null, ...more })

describe('jobs', () => {
  it('are a function of time', () => {
    const at = (now: number) => viewAt(definitionOf, state(), now)
    expect([0, 99, 100, 399, 400, 9999].map((now) => [at(now).status, at(now).progress])).toEqual([['queued', 0], ['queued', 24], ['running', 25], ['running', 99], ['done', 100], ['done', 100]])
    expect(at(9999).finishedAt).toBe(400)
  })

  it('fail after a step, are cancelled where they stand, end at once', () => {
    expect(transitions(definitionOf, state({ fail: { step: 0, reason: 'x' } })).map((t) => [t.status, t.at])).toEqual([['queued', 0], ['failed', 100]])
    expect(viewAt(definitionOf, state({ told: 1, cancelled: { at: 50, after: 1 } }), 60)).toMatchObject({ status: 'cancelled', outcome: 'cancelled', finishedAt: 50 })
    expect(viewAt(definitionOf, state({ mode: { by: 'clock', duration: 0 } }), 0)).toMatchObject({ status: 'done', done: true })
  })

  const told: string[] = []
  const system = defineSystem({ ...definition, jobs: { k: { ...definitionOf, enter: (c, job) => told.push(`${job.status}@${c.ms() - Date.UTC(2026, 2, 1)}`) } } })

  it('tell each change once, at its time, with the clock', async () => {
    told.length = 0
    const { world } = client({ jobs: { by: 'clock', duration: 400 } }, undefined, system)
    new SystemContext(world.system(system), 'main').start('k', '1')
    await world.advance(150)
    const text = JSON.stringify(world.snapshot())
    await world.advance(5_000)
    expect(told).toEqual(['queued@0', 'running@100', 'done@400'])
    // Another process, which takes over in the middle, tells the rest.
    told.length = 0
    const later = client({ jobs: { by: 'clock', duration: 400 } }, undefined, system)
    later.world.restore(JSON.parse(text))
    later.world.system(system)
    await later.world.advance(5_000)
    expect(told).toEqual(['done@400'])
  })

  it('move with polls, or by hand', () => {
    told.length = 0
    const { world } = client({ jobs: { by: 'polls', polls: 4 } }, undefined, system)
    const c = new SystemContext(world.system(system), 'main')
    c.start('k', '1')
    expect([1, 2, 3, 4, 5].map(() => c.world.jobs.poll('k', '1')!.status)).toEqual(['running', 'running', 'running', 'done', 'done'])
    c.start('k', '2', { mode: { by: 'hand' } })
    expect([c.job('k', '2')!.status, c.world.jobs.step('k', '2')!.status, c.world.jobs.step('k', '2')!.status]).toEqual(['queued', 'running', 'done'])
    c.start('k', '3', { mode: { by: 'hand' }, fail: { step: 'running', reason: 'bad' } })
    c.world.jobs.step('k', '3')
    expect(c.world.jobs.step('k', '3')).toMatchObject({ status: 'failed', reason: 'bad', done: true })
    expect(c.world.jobs.cancel('k', '3')).toBe(false)
    expect(told).toContain('failed@0')
  })
})

describe('webhooks', () => {
  it('are signed, tried again on the clock, and recorded', async () => {
    const sent: { url: string; headers: Record<string, string>; at: number }[] = []
    const { call, world } = client({ send: async (url, init) => {
      sent.push({ url, headers: init.headers, at: world.clock.now() })
      if (sent.length === 1) throw new Error('refused')
      return { status: sent.length === 2 ? 500 : 204 }
    } })
    const start = world.clock.now()
    await call('POST', '/hooks', { body: { url: 'http://127.0.0.1:9/hook', n: 1 } })
    await world.advance(0)
    await world.idle()
    await world.advance(1_000)
    await world.idle()
    await world.advance(60_000)
    await world.idle()
    expect(sent.map(({ at }) => at - start)).toEqual([0, 1_000, 61_000])
    expect(sent[0]!.headers['x-signature']).toMatch(/^dlv_[0-9a-f]{16}\.s\.7$/)
    expect(world.system(fixture).store.collection('_deliveries').all()[0]).toMatchObject({ state: 'delivered', attempts: [{ error: 'refused' }, { status: 500 }, { status: 204 }] })
  })

  it('to where nothing is sent are given up at once', async () => {
    const sent: string[] = []
    const { call, world } = client({ webhookTargets: 'any', send: async (url) => ({ status: sent.push(url) && 204 }) })
    await call('POST', '/hooks', { body: { url: 'http://10.0.0.1/hook', n: 1 } })
    for (let i = 0; i < 3; i++) {
      await world.advance(60_000)
      await world.idle()
    }
    expect(world.system(fixture).store.collection('_deliveries').all()).toMatchObject([{ state: 'failed', next_at: null, attempts: [{ refused: true }] }])
    expect(sent).toEqual([])
  })

  it('of a world that was reset stay unsent', async () => {
    const sent: string[] = []
    const answers: (() => void)[] = []
    const { call, world } = client({ send: (url) => new Promise((resolve) => {
      sent.push(url)
      answers.push(() => resolve({ status: 204 }))
    }) })
    for (const n of [1, 2, 3]) await call('POST', '/hooks', { body: { url: `http://127.0.0.1:9/${n}`, n } })
    await world.advance(0)
    world.reset()
    for (let i = 0; i < 5; i++) {
      answers.shift()?.()
      await world.advance(1_000)
    }
    expect(sent).toEqual(['http://127.0.0.1:9/1'])
  })

  it('go to loopback only', () => {
    expect(refused('http://localhost:3000/x', 'loopback')).toBeUndefined()
    expect(refused('http://[::1]/', 'loopback')).toBeUndefined()
    for (const url of ['http://10.0.0.1/', 'http://192.168.1.1/', 'http://169.254.169.254/latest', 'http://[fd00::1]/', 'http://0.0.0.0/', 'ftp://127.0.0.1/', 'x']) expect(refused(url, 'any')).toBeDefined()
    expect(refused('https://example.com/', 'loopback')).toBeDefined()
    expect(refused('https://example.com/', 'any')).toBeUndefined()
  })
})

it('frames events, several lines and all', () => {
  expect(frame({ data: { a: 1 } })).toBe('data: {"a":1}\n\n')
  expect(frame({ event: 'x', id: '7', retry: 5, data: 'one\ntwo\r\nthree' })).toBe('event: x\nid: 7\nretry: 5\ndata: one\ndata: two\ndata: three\n\n')
  expect(() => frame({ id: 'a\nb', data: '' })).toThrow()
})

describe('text', () => {
  const read = (name: string, content: string | Uint8Array) => readText({ name, type: '', bytes: typeof content === 'string' ? strToU8(content) : content })

  it('is read out of what holds it', async () => {
    expect(await read('a.md', '# T\r\nx')).toBe('# T\nx')
    expect(await read('a.html', '<style>p{}</style><h1>A&amp;B</h1><script>x()</script><p>one<br>two</p>')).toBe('A&B\none\ntwo')
    expect(await read('a.xml', '<?xml version="1.0"?><i><n>5 &#8364;</n><t><![CDATA[a<b]]></t></i>')).toBe('5 €\na<b')
    expect(await read('a.eml', 'From: =?utf-8?q?J=C3=BCrgen_G?= <a@x.org>\r\nSubject: Hi\r\n there\r\nContent-Type: multipart/alternative; boundary="q"\r\n\r\n--q\r\nContent-Type: text/html\r\n\r\n<b>no</b>\r\n--q\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\ncaf=C3=A9=\r\n!\r\n--q--\r\n')).toBe('From: Jürgen G <a@x.org>\nSubject: Hi there\n\ncafé!')
    expect(await read('a.docx', zipSync({ 'word/document.xml': strToU8('<w:p><w:r><w:t>One</w:t></w:r></w:p><w:p><w:t>Two &lt;</w:t></w:p>') }))).toBe('One\nTwo <')
    expect(await read('a.png', new Uint8Array([137, 80, 78, 71, 0, 1]))).toBe('')
    expect(await read('a.pdf', 'not a pdf')).toBe('')
  })

  it('keeps the cells of a workbook in their columns', () => {
    const book = zipSync({
      'xl/workbook.xml': strToU8('<sheets><sheet name="Data" sheetId="1"/></sheets>'),
      'xl/sharedStrings.xml': strToU8('<sst><si><t>name</t></si><si><r><t>A</t></r><r><t>da</t></r></si></sst>'),
      'xl/worksheets/sheet1.xml': strToU8('<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1"><v>7</v></c></row><row r="2"><c r="A2" t="s"><v>1</v></c><c r="B2" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'),
    })
    expect(xlsxRows(book)).toEqual([{ name: 'Data', rows: [['name', '', '7'], ['Ada', 'x']] }])
  })

  it('is cut into passages, and those that hold the words come first', () => {
    const text = 'Whales swim in the sea.\n\nRefunds are paid within five days. Ask billing for a refund.\n\nShipping takes a week.'
    const passages = chunk(text, 40).map((part) => ({ text: part, source: 'a' }))
    expect(passages.every((passage) => passage.text.length <= 80)).toBe(true)
    const hits = rank(passages, 'refund policy', 2)
    expect(hits[0]!.text).toContain('efund')
    expect(hits[0]!.score).toBeGreaterThan(0)
    expect(hits[0]!.score).toBeLessThan(1)
    expect(rank(passages, 'zebra')).toEqual([])
    const words = Array.from({ length: 4_000 }, (_, i) => ({ text: `alpha${i} beta${i * 7}`, source: 'a' }))
    expect(rank(words, `${'alpha1 '.repeat(142)}zzzzzz${Array.from({ length: 200_000 }, (_, i) => ` alpha${i % 4_000}`).join('')}`, 1)[0]!.text).toBe('alpha1 beta7')
    expect(chunk('x'.repeat(5_000), 500).every((part) => part.length <= 1_000)).toBe(true)
  })

  it('reads CSV', () => {
    expect(parseCsv('a;b\n"x;""y""\nz";2\r\n\n3;4')).toEqual([['a', 'b'], ['x;"y"\nz', '2'], ['3', '4']])
    expect(parseCsv('\ufeffa,b\n1,\n')).toEqual([['a', 'b'], ['1', '']])
  })
})
