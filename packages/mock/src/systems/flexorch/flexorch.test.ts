import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { walk } from '../../../test/walk.js'
import type { Json } from '../../kernel/types.js'
import { createMock, type MockOptions } from '../../mock.js'
import { hmacHex } from '../../world/hash.js'
import { SYSTEMS } from '../index.js'
import { VERIFIED_AFTER } from './auth.js'
import { xlsxOf } from './exports/xlsx.js'

const FULL = 'dfx_test_full_access_0000000000000000'
const OTHER = 'dfx_test_other_0000000000000000000000'
const PRO = 'dfx_test_pro_000000000000000000000000'
const STARTER = 'dfx_test_starter_00000000000000000000'
const TRIAL = 'dfx_test_trial_0000000000000000000000'
const EXPIRED = 'dfx_test_expired_00000000000000000000'
const EXHAUSTED = 'dfx_test_quota_0000000000000000000000'
const PASSWORD = 'correct horse battery staple'

interface Answer {
  status: number
  body: Json
  data: Json
  text: string
  bytes: Uint8Array
  headers: Headers
}

function start(options: MockOptions = {}) {
  const mock = createMock({ strict: true, systems: ['flexorch'], clock: 'virtual', rateLimits: 'off', send: false, ...options })
  const call = async (method: string, path: string, body?: Json, key: string | null = FULL, more: Record<string, string> = {}): Promise<Answer> => {
    const form = body instanceof FormData
    const response = await mock.fetch(mock.baseUrl('flexorch') + path, {
      method, headers: { ...(key && { 'X-API-KEY': key }), ...(body !== undefined && !form && { 'Content-Type': 'application/json' }), ...more }, ...(body !== undefined && { body: form ? body : JSON.stringify(body) }),
    })
    const bytes = new Uint8Array(await response.arrayBuffer())
    const text = strFromU8(bytes)
    const json = response.headers.get('content-type') === 'application/json' ? JSON.parse(text) : undefined
    return { status: response.status, body: json, data: json?.data, text, bytes, headers: response.headers }
  }
  const upload = (files: Record<string, string | Uint8Array>, fields: Record<string, string> = {}, key = FULL, part = 'files'): Promise<Answer> => {
    const form = new FormData()
    for (const [name, content] of Object.entries(files)) form.append(part, new File([content as BlobPart], name))
    for (const [name, value] of Object.entries(fields)) form.set(name, value)
    return call('POST', '/data-process/async', form, key)
  }
  /** Uploads one file and goes on to the end of its job. */
  const processed = async (name: string, content: string | Uint8Array, fields: Record<string, string> = {}): Promise<{ job: Json; execution: Json }> => {
    const { data } = await upload({ [name]: content }, fields)
    await mock.advance(2_000)
    const job = (await call('GET', `/jobs/${data.jobs[0].job_id}`)).data
    return { job, execution: (await call('GET', `/executions/${job.execution_summary.execution_id}`)).data }
  }
  return { mock, call, upload, processed }
}

const error = (answer: Answer): [number, string] => [answer.status, answer.body?.error?.code]

describe('every operation', () => {
  it('answers its documented success, as the document describes it', async () => {
    const { mock } = start()
    const steps = await walk(mock, 'flexorch', {
      auth: () => ({ 'X-API-KEY': FULL }),
      prepare: {
        'connectors.schedules.delete': () => ({ path: { connector_id: '1', schedule_id: '2' } }),
        'datasets.create': () => ({ body: { name: 'March invoices', execution_ids: [106, 107] } }),
      },
    })
    expect(steps.filter((step) => step.status !== step.expected)).toEqual([])
    expect(steps).toHaveLength(52)
  })

  it('takes a key or a token, and no other', async () => {
    const { call } = start()
    const { data } = await call('POST', '/auth/login', { email: 'ada@example.com', password: PASSWORD }, null)
    const { operations } = await SYSTEMS.flexorch.load()
    for (const { id, method, path, security } of operations.values()) {
      if (security.length === 0) continue
      const at = path.replace('/v1', '').replaceAll(/\{[^}]*\}/g, 'nothing')
      const unauthorized = async (key: string | null, more: Record<string, string> = {}) => error(await call(method, at, undefined, key, more))
      expect(await unauthorized(null), id).toEqual([401, 'UNAUTHORIZED'])
      expect(await unauthorized('dfx_wrong'), id).toEqual([401, 'INVALID_API_KEY'])
      expect(await unauthorized('dfx_test_revoked_00000000000000000000'), id).toEqual([401, 'INVALID_API_KEY'])
      expect(await unauthorized(null, { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' }), id).toEqual([401, 'UNAUTHORIZED'])
      expect((await call(method, at, undefined, null, { authorization: `Bearer ${data.access_token}` })).status, id).not.toBe(401)
      expect(await unauthorized(EXPIRED), id).toEqual([402, 'TRIAL_EXPIRED'])
    }
  })

  it('knows nothing of the other organisation', async () => {
    const { mock } = start()
    const steps = await walk(mock, 'flexorch', { auth: () => ({ 'X-API-KEY': OTHER }) })
    const { operations } = await SYSTEMS.flexorch.load()
    for (const step of steps) {
      const operation = operations.get(step.id)!
      // A new connector is called as the sample calls it.
      if (operation.security.length === 0 || step.id === 'connectors.create') continue
      if (operation.path.includes('{') || ['scheduler.createSchedule', 'fineTune.create'].includes(step.id)) expect(step.status, step.id).toBe(404)
      else if (['documents.process', 'datasets.create', 'webhooks.create'].includes(step.id)) expect(step.status, step.id).toBe(422)
      else expect(step.body, step.id).not.toMatch(/Supplier invoices|INV-2026|ada@example|Invoice bucket/)
    }
  })
})

describe('accounts', () => {
  it('sign up, verify, sign in, refresh', async () => {
    const { call, mock } = start()
    const account = { email: 'new.user@example.com', password: 'a long enough secret' }
    expect((await call('POST', '/auth/signup', account, null)).data).toMatchObject({ email: account.email })
    expect(error(await call('POST', '/auth/signup', account, null))).toEqual([422, 'VALIDATION_ERROR'])
    expect(error(await call('POST', '/auth/login', account, null))).toEqual([401, 'UNAUTHORIZED'])
    await mock.advance(VERIFIED_AFTER)
    expect(error(await call('POST', '/auth/login', { ...account, password: 'wrong' }, null))).toEqual([401, 'UNAUTHORIZED'])
    const tokens = (await call('POST', '/auth/login', account, null)).data
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 3600 })
    const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
    expect((await call('GET', '/usage', undefined, null, bearer(tokens.access_token))).data).toEqual({
      plan: 'trial', trial: { is_trial: true, trial_ends_at: '2026-03-31T12:00:00Z', trial_days_remaining: 30 }, usage: { credits: { used: 0, limit: 1200, remaining: 1200 } },
    })
    await mock.advance(3_600_000)
    expect(error(await call('GET', '/usage', undefined, null, bearer(tokens.access_token)))).toEqual([401, 'UNAUTHORIZED'])
    const fresh = (await call('POST', '/auth/refresh', { refresh_token: tokens.refresh_token }, null)).data
    expect((await call('GET', '/usage', undefined, null, bearer(fresh.access_token))).status).toBe(200)
    expect(error(await call('POST', '/auth/refresh', { refresh_token: tokens.refresh_token }, null))).toEqual([401, 'UNAUTHORIZED'])
    expect(error(await call('GET', '/usage', undefined, null, bearer(fresh.access_token)))).toEqual([401, 'UNAUTHORIZED'])
    expect(error(await call('POST', '/auth/login', { email: 'unverified@example.com', password: PASSWORD }, null))).toEqual([401, 'UNAUTHORIZED'])
    await mock.advance(31 * 86_400_000)
    const late = (await call('POST', '/auth/login', account, null)).data
    expect(error(await call('GET', '/usage', undefined, null, bearer(late.access_token)))).toEqual([402, 'TRIAL_EXPIRED'])
  })

  it('accept the tokens of the samples', async () => {
    const { call } = start()
    expect((await call('GET', '/usage', undefined, null, { authorization: 'Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9...' })).status).toBe(200)
    for (let i = 0; i < 2; i++) expect((await call('POST', '/auth/refresh', { refresh_token: 'rt_demo_0000000000000001' }, null)).data.access_token).toMatch(/^eyJ/)
  })

  it('keep the rules of the team', async () => {
    const { call, mock } = start()
    const login = async (email: string, password = PASSWORD) => ({ authorization: `Bearer ${(await call('POST', '/auth/login', { email, password }, null)).data.access_token}` })
    const viewer = await login('viewer@example.com')
    expect(error(await call('PATCH', '/team/members/1/role', { role: 'viewer' }))).toEqual([422, 'VALIDATION_ERROR'])
    expect(error(await call('PATCH', '/team/members/3/role', { role: 'king' }))).toEqual([422, 'VALIDATION_ERROR'])
    expect(error(await call('DELETE', '/team/members/1'))).toEqual([403, 'FORBIDDEN'])
    expect(error(await call('PATCH', '/team/members/2/role', { role: 'viewer' }, null, viewer))).toEqual([403, 'FORBIDDEN'])
    expect((await call('PATCH', '/team/members/3/role', { role: 'Admin' })).data).toEqual({ user_id: 3, email: 'viewer@example.com', role: 'admin' })
    expect((await call('POST', '/team/invite', { email: 'guest@example.com', role: 'viewer' }, null, viewer)).data).toMatchObject({ status: 'pending', role: 'viewer' })
    expect(error(await call('POST', '/team/invite', { email: 'grace@example.com', role: 'viewer' }))).toEqual([422, 'VALIDATION_ERROR'])
    await call('POST', '/auth/signup', { email: 'guest@example.com', password: 'guest guest' }, null)
    await mock.advance(VERIFIED_AFTER)
    const guest = await login('guest@example.com', 'guest guest')
    expect((await call('GET', '/datasets/28', undefined, null, guest)).status).toBe(200)
    expect((await call('DELETE', '/team/members/3')).status).toBe(204)
    expect(error(await call('GET', '/usage', undefined, null, viewer))).toEqual([401, 'UNAUTHORIZED'])
    expect(error(await call('DELETE', '/team/members/3'))).toEqual([404, 'NOT_FOUND'])
  })
})

describe('plans', () => {
  it('bar what they do not include', async () => {
    const { call } = start()
    const needed: [string, string, string, string][] = [
      ['GET', '/datasets/61/compliance-report', STARTER, 'pro'], ['POST', '/datasets/61/index', STARTER, 'pro'], ['GET', '/datasets/61/chunks', STARTER, 'pro'], ['POST', '/team/invite', STARTER, 'pro'],
      ['DELETE', '/team/members/7', STARTER, 'pro'], ['PATCH', '/team/members/7/role', STARTER, 'pro'], ['POST', '/connectors/31/schedules', STARTER, 'pro'], ['POST', '/scheduler/schedules', TRIAL, 'pro'],
      ['POST', '/settings/llm-config', PRO, 'enterprise'], ['POST', '/fine-tune', PRO, 'enterprise'], ['GET', '/fine-tune/ft-1', PRO, 'enterprise'],
    ]
    for (const [method, path, key, plan] of needed) {
      const answer = await call(method, path, undefined, key)
      expect([path, ...error(answer), answer.body.error.min_plan]).toEqual([path, 403, 'PLAN_UPGRADE_REQUIRED', plan])
    }
  })

  it('search by structure only, below pro', async () => {
    const { call } = start()
    const answer = await call('POST', '/search', { query: 'S-1', mode: 'semantic' }, STARTER)
    expect([...error(answer), answer.body.error.min_plan]).toEqual([403, 'PLAN_UPGRADE_REQUIRED', 'pro'])
    expect((await call('POST', '/search', { query: 'S-1' }, STARTER)).data).toMatchObject({ mode: 'structured', alpha: null, total_results: 1, results: [{ dataset_id: 61 }] })
    expect(error(await call('POST', '/search', { query: 'x', mode: 'magic' }))).toEqual([422, 'VALIDATION_ERROR'])
  })

  it('let 60 requests a minute pass on starter, 600 on pro, any number on enterprise', async () => {
    const { call, mock } = start({ rateLimits: 'documented' })
    for (let i = 0; i < 60; i++) expect((await call('GET', '/jobs', undefined, STARTER)).status).toBe(200)
    await mock.advance(20_000)
    const refused = await call('GET', '/jobs', undefined, STARTER)
    expect([...error(refused), refused.headers.get('retry-after')]).toEqual([429, 'RATE_LIMIT_EXCEEDED', '40'])
    for (let i = 0; i < 2; i++) expect((await call('GET', '/usage/rate-limits', undefined, STARTER)).data).toEqual({ plan: 'starter', unlimited: false, limit: 60, used: 60, remaining: 0, window_seconds: 60, reset_in_seconds: 40 })
    await mock.advance(40_000)
    expect((await call('GET', '/jobs', undefined, STARTER)).status).toBe(200)
    for (let i = 0; i < 600; i++) expect((await call('GET', '/jobs/1111', undefined, PRO)).status).toBe(200)
    expect(error(await call('GET', '/jobs/1111', undefined, PRO))).toEqual([429, 'RATE_LIMIT_EXCEEDED'])
    for (let i = 0; i < 700; i++) expect((await call('GET', '/jobs/1001')).status).toBe(200)
    expect((await call('GET', '/usage/rate-limits')).data).toMatchObject({ unlimited: true, limit: null })
  })

  it('count credits', async () => {
    const { call, upload, mock } = start()
    expect(error(await upload({ 'a.txt': 'x' }, {}, EXHAUSTED))).toEqual([429, 'QUOTA_EXCEEDED'])
    const used = async () => (await call('GET', '/usage', undefined, STARTER)).data.usage.credits
    expect(await used()).toEqual({ used: 300, limit: 1200, remaining: 900 })
    await upload({ 'a.txt': 'one', 'b.png': 'picture', 'c.txt': 'one' }, {}, STARTER)
    expect(await used()).toEqual({ used: 304, limit: 1200, remaining: 896 })
    await upload({ 'empty.txt': '' }, {}, STARTER)
    await mock.advance(2_000)
    expect(await used()).toMatchObject({ used: 304 })
    expect((await call('GET', '/usage/history?period=7d', undefined, STARTER)).data).toEqual([{ date: '2026-03-01', credits_used: 4, jobs_count: 3 }])
  })

  it('end with the trial', async () => {
    const { call, mock } = start()
    expect((await call('GET', '/usage', undefined, TRIAL)).data.trial).toMatchObject({ is_trial: true, trial_ends_at: '2026-12-31T00:00:00Z' })
    await mock.advance(310 * 86_400_000)
    expect(error(await call('GET', '/usage', undefined, TRIAL))).toEqual([402, 'TRIAL_EXPIRED'])
  })
})

describe('uploads', () => {
  it('refuse what is missing, unsupported or too large', async () => {
    const { upload, call } = start()
    expect(error(await upload({ 'a.txt': 'x' }, {}, FULL, 'file'))).toEqual([400, 'MISSING_INPUT'])
    expect(error(await upload({ 'rates.csv': 'a,b' }))).toEqual([415, 'UNSUPPORTED_FILE'])
    expect(error(await upload({ 'scan.txt': new Uint8Array(10 * 1024 * 1024 + 1).fill(65) }, {}, TRIAL))).toEqual([413, 'FILE_TOO_LARGE'])
    expect(error(await upload({ 'a.txt': 'x' }, { pipeline_config: '{' }))).toEqual([422, 'VALIDATION_ERROR'])
    expect(error(await call('POST', '/data-process/async', { source: { connector_id: 99, keys: ['a.pdf'] } }))).toEqual([422, 'VALIDATION_ERROR'])
    const mixed = await upload({ 'rates.csv': 'a,b', 'a.txt': 'Some text.' })
    expect(mixed.body).toMatchObject({ status: 'accepted', error: null, data: { accepted: 1, rejected: [{ filename: 'rates.csv', error: 'UNSUPPORTED_FILE' }], jobs: [{ filename: 'a.txt', status: 'queued' }] } })
    expect(mixed.body.meta.poll).toBe(`/v1/jobs/${mixed.data.jobs[0].job_id}`)
    const none = await upload({ 'a.csv': 'a', 'b.exe': 'b' })
    expect([none.status, none.data.accepted, none.data.rejected.length, none.body.meta]).toEqual([202, 0, 2, undefined])
  })

  it('go through the stages of the pipeline', async () => {
    const { upload, call, mock } = start()
    const { data } = await upload({ 'note.txt': 'A short note.' })
    const [{ job_id, document_id }] = data.jobs
    const states: string[] = []
    for (let i = 0; i < 15; i++) {
      const { data: job } = await call('GET', `/jobs/${job_id}`)
      const state = job.result_meta?.pipeline_stage ?? job.status
      if (states.at(-1) !== state) states.push(state)
      await mock.advance(100)
    }
    expect(states).toEqual(['queued', 'extract', 'privacy', 'quality', 'dataset', 'completed'])
    expect((await call('GET', `/documents/${document_id}`)).data).toMatchObject({ status: 'processed', processing_count: 1, latest_execution: { status: 'completed' }, dataset: null, processing_history: [{ job_id, status: 'completed' }] })
    expect((await call('GET', '/documents?page_size=1')).data).toMatchObject({ items: [{ id: document_id }], page: 1, page_size: 1, total: 9 })
    expect((await call('GET', '/documents')).data.items[0].processing_history).toBeUndefined()
  })

  it('find personal data, check it and mask it', async () => {
    const { processed } = start()
    const text = `Contact ada@example.com or +44 20 7946 0958.\n\nIBAN DE89 3704 0044 0532 0130 00 EUR, not DE00370400440532013000.\n\nCard 4111 1111 1111 1111, not 4111 1111 1111 1112; server 192.168.0.17; invoice 2026-02-14 total 1650.50.`
    const { job, execution } = await processed('contact.txt', text)
    expect(job).toMatchObject({ status: 'completed', pii_findings_count: 5, privacy_applied: true, detected_language: 'en' })
    expect(job.processing_summary.pii_type_summary).toEqual({ EMAIL: 1, IBAN: 1, CREDIT_CARD: 1, IP_ADDRESS: 1, PHONE: 1 })
    expect(execution.records.map((record: Json) => record.text)).toEqual([
      'Contact [MASKED_EMAIL] or [MASKED_PHONE].', 'IBAN [MASKED_IBAN] EUR, not DE00370400440532013000.',
      'Card [MASKED_CREDIT_CARD], not 4111 1111 1111 1112; server [MASKED_IP_ADDRESS]; invoice 2026-02-14 total 1650.50.',
    ])
    expect(execution.privacy.masked_record_count).toBe(3)
    const open = await processed('open.txt', `${text} `, { pipeline_config: '{"mask_pii": false}' })
    expect(open.job).toMatchObject({ pii_findings_count: 5, privacy_applied: false })
    expect(open.execution.records[0].text).toContain('ada@example.com')
  })

  it('read tables of HTML, Word, Excel and Markdown', async () => {
    const { processed } = start()
    const rows = [{ article: 'Paper', quantity: 40, total: 98.4 }, { article: 'Ink', quantity: null, total: 12 }]
    const html = '<h1>Delivery note</h1><table><tr><th>Article</th><th>Quantity</th><th>Total</th></tr><tr><td>Paper</td><td>40</td><td>98.4</td></tr><tr><td>Ink</td><td></td><td>12</td></tr></table>'
    expect((await processed('note.html', html)).execution).toMatchObject({ records: rows, document_type: 'delivery_note', output_summary: { row_count: 2, column_count: 3, columns: ['article', 'quantity', 'total'] } })
    expect((await processed('table.xlsx', xlsxOf('Sheet', ['Article', 'Quantity', 'Total'], rows.map((row) => ({ Article: row.article, Quantity: row.quantity, Total: row.total }))))).execution.records).toEqual(rows)
    const cell = (text: string) => `<w:tc><w:p><w:r><w:t>${text}</w:t></w:r></w:p></w:tc>`
    const line = (...cells: string[]) => `<w:tr>${cells.map(cell).join('')}</w:tr>`
    const docx = zipSync({ 'word/document.xml': strToU8(`<w:document><w:body><w:tbl>${line('Article', 'Quantity', 'Total')}${line('Paper', '40', '98.4')}${line('Ink', '', '12')}</w:tbl></w:body></w:document>`) })
    expect((await processed('table.docx', docx)).execution.records).toEqual(rows)
    expect((await processed('table.md', '| Article | Quantity | Total |\n|---|---|---|\n| Paper | 40 | 98.4 |\n| Ink |  | 12 |\n')).execution.records).toEqual(rows)
    expect((await processed('broken.docx', 'no zip')).job).toMatchObject({ status: 'failed', failure_reason: 'PROCESSING_FAILED' })
    expect((await processed('nozip.docx', 'no zip')).job).toMatchObject({ status: 'failed', failure_reason: 'UNSUPPORTED_FILE' })
  })

  it('read electronic invoices', async () => {
    const { processed } = start()
    const ubl = `<?xml version="1.0"?><Invoice xmlns:cbc="b" xmlns:cac="a"><cbc:ID>INV-7</cbc:ID><cbc:IssueDate>2026-02-14</cbc:IssueDate><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
      <cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>Acme &amp; S&#xf6;hne&constructor;</cbc:Name></cac:PartyName></cac:Party></cac:AccountingSupplierParty>
      <cac:LegalMonetaryTotal><cbc:PayableAmount currencyID="EUR">119.00</cbc:PayableAmount></cac:LegalMonetaryTotal>
      <cac:InvoiceLine><cbc:ID>1</cbc:ID><cbc:InvoicedQuantity>2</cbc:InvoicedQuantity><cbc:LineExtensionAmount>100.00</cbc:LineExtensionAmount><cac:Item><cbc:Name>Travel</cbc:Name></cac:Item><cac:Price><cbc:PriceAmount>50</cbc:PriceAmount></cac:Price></cac:InvoiceLine></Invoice>`
    const { job, execution } = await processed('e-rechnung.xml', ubl)
    expect(job.processing_summary.fields).toMatchObject({ invoice_number: 'INV-7', supplier: 'Acme & Söhne&constructor;', total: 119, currency: 'EUR' })
    expect(execution).toMatchObject({ document_type: 'invoice', records: [{ invoice_number: 'INV-7', supplier: 'Acme & Söhne&constructor;', currency: 'EUR', line: '1', description: 'Travel', quantity: 2, unit_price: 50, amount: 100 }] })
    const cii = `<rsm:CrossIndustryInvoice><rsm:ExchangedDocument><ram:ID>R1</ram:ID><ram:IssueDateTime><udt:DateTimeString format="102">20260301</udt:DateTimeString></ram:IssueDateTime></rsm:ExchangedDocument><rsm:SupplyChainTradeTransaction><ram:ApplicableHeaderTradeAgreement><ram:SellerTradeParty><ram:Name>Verkauf GmbH</ram:Name></ram:SellerTradeParty></ram:ApplicableHeaderTradeAgreement><ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode></ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>`
    expect((await processed('zugferd.xml', cii)).execution.records).toEqual([expect.objectContaining({ invoice_number: 'R1', issue_date: '2026-03-01', supplier: 'Verkauf GmbH', currency: 'EUR' })])
    expect((await processed('other.xml', '<a><b>1</b></a>')).job.failure_reason).toBe('UNSUPPORTED_FILE')
  })

  it('are not slowed down by what is not closed', async () => {
    const { processed } = start()
    for (const [name, piece] of [['a.html', '<table><tr>'], ['b.xml', '<!--'], ['c.xml', '<a '], ['d.md', '|-'], ['e.txt', 'a.b+'], ['f.txt', '+1 '], ['g.xml', '<a>'], ['h.html', '<td'], ['i.html', '<style>']] as const) {
      expect((await processed(name, `| a | b |\n${piece.repeat(60_000)}`)).job.status, name).toMatch(/completed|failed/)
    }
  }, 5_000)

  it('tell language and kind, and grade', async () => {
    const { processed } = start()
    const german = 'Rechnung Nr. 7\n\nWir danken für den Auftrag und berechnen die Leistungen, die Sie im März von uns erhalten haben, mit dem vereinbarten Preis.\n\nDer Betrag ist bis zum Ende des Monats auf das Konto zu zahlen.'
    const { execution } = await processed('dokument.txt', german)
    expect(execution).toMatchObject({ document_type: 'invoice', result_meta: { detected_language: 'de', grade: 'A', warnings: [] } })
    expect((await processed('hint.txt', `${german} `, { pipeline_config: '{"document_type_hint": "contract"}' })).execution.document_type).toBe('contract')
    expect((await processed('scan.png', 'bytes')).job.processing_summary.quality.ocr_confidence).toBeGreaterThan(0.5)
    expect((await processed('words.txt', 'Hm.')).execution.result_meta.warnings).toEqual(['short_text', 'language_unknown'])
  })

  it('fail and degrade when asked to', async () => {
    const { processed, call } = start()
    expect((await processed('will-fail.txt', 'text')).job).toMatchObject({ status: 'failed', failure_reason: 'PROCESSING_FAILED', error: expect.any(String) })
    expect((await processed('nothing.txt', '  \n')).job).toMatchObject({ status: 'failed', failure_reason: 'EMPTY_DOCUMENT' })
    const { execution } = await processed('degraded.txt', 'some text')
    expect(execution).toMatchObject({ status: 'completed', degraded: true, records: [], result_meta: { step_failures: [{ step: 'extract' }] } })
    expect(error(await call('POST', `/datasets/build-from-execution/${execution.id}`))).toEqual([422, 'NO_OUTPUT_DATA'])
    expect(error(await call('POST', '/datasets/build-from-execution/109'))).toEqual([422, 'NO_OUTPUT_DATA'])
    expect(error(await call('POST', '/datasets', { name: 'N', execution_ids: [109] }))).toEqual([422, 'NO_OUTPUT_DATA'])
  })

  it('recognise what was processed before', async () => {
    const { upload, processed, call } = start()
    const { job } = await processed('one.txt', 'The same words.')
    const before = (await call('GET', '/usage')).data.usage.credits.used
    const again = await upload({ 'two.txt': 'The same words.' })
    const existing = { is_duplicate: true, existing_document_id: job.document_id, existing_job_id: job.id }
    expect(again.data).toEqual({ accepted: 0, rejected: [], jobs: [{ filename: 'two.txt', job_id: job.id, status: 'completed', document_id: job.document_id, ...existing }], ...existing })
    expect((await call('GET', '/usage')).data.usage.credits.used).toBe(before)
    expect((await upload({ 'two.txt': 'The same words.' }, {}, PRO)).data.accepted).toBe(1)
    expect((await call('POST', '/data-process/async', { source: { connector_id: 1, keys: ['invoices/payroll-2026-02.pdf', 'invoices/2026-01.pdf', 'no/such.pdf'] } })).data).toMatchObject({
      accepted: 1, rejected: [{ filename: 'no/such.pdf', error: 'NOT_FOUND' }], jobs: [{ is_duplicate: true, existing_document_id: 507 }, { status: 'queued' }],
    })
  })

  it('can be processed again, where the file is there', async () => {
    const { call, mock } = start()
    expect(error(await call('POST', '/documents/999/reprocess'))).toEqual([404, 'DOCUMENT_NOT_FOUND'])
    expect(error(await call('POST', '/documents/507/reprocess'))).toEqual([400, 'REPROCESS_NOT_SUPPORTED'])
    expect(error(await call('POST', '/documents/508/reprocess'))).toEqual([400, 'DOCUMENT_FILE_NOT_AVAILABLE'])
    const { data, body } = await call('POST', '/documents/501/reprocess', { pipeline_config: { mask_pii: true } })
    expect(body).toMatchObject({ status: 'accepted', meta: { poll: `/v1/jobs/${data.job_id}` }, data: { job_type: 'data_process', status: 'queued', document_id: 501 } })
    await mock.advance(2_000)
    expect((await call('GET', '/documents/501')).data).toMatchObject({ processing_count: 2, dataset: null, related_datasets: [{ id: 28 }], processing_history: [{ job_id: 1001 }, { job_id: data.job_id, status: 'completed' }] })
  })
})

describe('jobs', () => {
  it('of the seed go on once somebody looks', async () => {
    const { call, mock } = start()
    expect((await call('GET', '/jobs/1003')).data).toMatchObject({ id: 1003, job_id: 1003, status: 'running', result_meta: { pipeline_stage: 'quality' } })
    await mock.advance(200)
    expect((await call('GET', '/jobs/1003')).data.result_meta.pipeline_stage).toBe('quality')
    await mock.advance(2_000)
    expect((await call('GET', '/jobs/1003')).data.status).toBe('completed')
    await call('GET', '/jobs/1008')
    await mock.advance(2_000)
    expect((await call('GET', '/datasets/29')).data).toMatchObject({ status: 'ready', row_count: 2 })
    expect((await call('GET', '/jobs')).data.items.map((job: Json) => job.job_id)).toEqual([1008, 1005, 1004, 1003, 1002, 1007, 1001, 1006, 1009, 1010])
  })

  it('take feedback, the last of which counts', async () => {
    const { call } = start()
    expect((await call('GET', '/jobs/1002/feedback')).body).toMatchObject({ data: null })
    const first = (await call('POST', '/jobs/1002/feedback', { rating: 'down', issue: 'missing_fields', notes: 'No date' })).data
    const second = (await call('POST', '/jobs/1002/feedback', { rating: 'up' })).data
    expect([second.id, second.rating, second.issue]).toEqual([first.id, 'up', null])
    expect((await call('GET', '/jobs/1002/feedback')).data).toEqual(second)
    expect(error(await call('POST', '/jobs/1002/feedback', { rating: 'so so' }))).toEqual([422, 'VALIDATION_ERROR'])
    expect(error(await call('POST', '/jobs/1003/feedback', { rating: 'up' }))).toEqual([422, 'VALIDATION_ERROR'])
    expect(error(await call('POST', '/jobs/9/feedback', { rating: 'up' }))).toEqual([404, 'NOT_FOUND'])
  })
})

describe('datasets', () => {
  it('are built, once, by name', async () => {
    const { call, mock } = start()
    const { data } = await call('POST', '/datasets', { name: 'Both', execution_ids: [106], job_ids: [1002] })
    expect((await call('GET', `/datasets/${data.reference_id}`)).data).toMatchObject({ status: 'building', row_count: 0, slug: 'both' })
    expect(error(await call('GET', `/datasets/${data.reference_id}/profile`))).toEqual([404, 'NOT_FOUND'])
    await mock.advance(2_000)
    expect((await call('GET', `/jobs/${data.job_id}`)).data).toMatchObject({ status: 'completed', dataset_summary: { dataset_id: data.reference_id, row_count: 7, version: 1 } })
    expect((await call('GET', `/datasets/${data.reference_id}/profile`)).data).toMatchObject({ quality: { grade_distribution: { A: 5, B: 2, C: 0, D: 0 } }, privacy: { pii_findings_count: 4, masked_record_count: 3, clean_record_count: 4 } })
    expect((await call('GET', '/documents/502')).data.related_datasets).toMatchObject([{ id: data.reference_id, row_count: 7 }])
    expect(error(await call('POST', '/datasets', { name: 'Both', execution_ids: [106] }))).toEqual([422, 'VALIDATION_ERROR'])
    expect(error(await call('POST', '/datasets', { name: 'None' }))).toEqual([422, 'VALIDATION_ERROR'])
    expect(error(await call('POST', '/datasets', { name: 'Gone', execution_ids: [9] }))).toEqual([422, 'VALIDATION_ERROR'])
    expect((await call('GET', '/datasets?source_document_id=502')).data.items.map((one: Json) => one.id)).toEqual([data.reference_id, 29])
    expect((await call('GET', '/datasets?q=suppl&status=ready')).data).toMatchObject({ total: 1, items: [{ id: 28 }] })
    expect((await call('GET', '/datasets?job_id=1001')).data.total).toBe(2)
  })

  it('of one execution are built again only when asked to', async () => {
    const { call, mock } = start()
    const build = async (body?: Json) => (await call('POST', '/datasets/build-from-execution/106', body)).data
    expect(await build()).toMatchObject({ job_id: 1007, status: 'completed', reference_id: 28 })
    const forced = await build({ force_rebuild: true })
    await mock.advance(2_000)
    expect((await call('GET', `/datasets/${forced.reference_id}`)).data).toMatchObject({ name: 'dataset_execution_106', status: 'ready', row_count: 5 })
    const replaced = await build({ replace_existing: true })
    expect(replaced.reference_id).toBe(forced.reference_id)
    await mock.advance(2_000)
    expect((await call('GET', `/jobs/${replaced.job_id}`)).data.dataset_summary.version).toBe(2)
    expect(error(await call('POST', '/datasets/build-from-execution/106', { force_rebuild: true, name: 'Supplier invoices' }))).toEqual([422, 'VALIDATION_ERROR'])
    expect(error(await call('POST', '/datasets/build-from-execution/9'))).toEqual([404, 'NOT_FOUND'])
  })

  it('show their rows page by page', async () => {
    const { call } = start()
    expect((await call('GET', '/datasets/28/rows?q=acme&page_size=1')).data).toEqual({
      dataset_id: 28, dataset_name: 'Supplier invoices', dataset_slug: 'supplier-invoices', columns: ['invoice_number', 'supplier', 'date', 'currency', 'total'], query: 'acme',
      rows: [{ invoice_number: 'INV-2026-001', supplier: 'Acme Ltd', date: '2026-02-14', currency: 'EUR', total: 1650.5 }],
      pagination: { page: 1, page_size: 1, total_rows: 5, filtered_total: 2, returned_rows: 1, has_next: true },
    })
    expect((await call('GET', '/datasets/28/rows?page=3&page_size=2')).data.pagination).toMatchObject({ returned_rows: 1, has_next: false })
    expect((await call('GET', '/datasets/28/rows?page=9')).data.rows).toEqual([])
    expect(error(await call('GET', '/datasets/28/rows?page_size=201'))).toEqual([422, 'VALIDATION_ERROR'])
  })

  it('are indexed, cut into chunks and searched', async () => {
    const { call, mock } = start()
    expect(error(await call('GET', '/datasets/30/chunks'))).toEqual([404, 'NOT_FOUND'])
    expect((await call('GET', '/datasets/30/index/status')).data).toEqual({ status: 'not_indexed', chunks_indexed: 0, total_chunks: 0 })
    expect((await call('POST', '/datasets/30/index')).data).toEqual({ status: 'indexing', message: 'Indexing started', dataset_id: 30 })
    expect((await call('GET', '/datasets/30/index/status')).data).toMatchObject({ status: 'indexing', chunks_indexed: 0, total_chunks: 1 })
    expect((await call('POST', '/search', { query: '52000', mode: 'semantic' })).data.results).toEqual([])
    await mock.advance(2_000)
    expect((await call('GET', '/datasets/30/index/status')).data).toEqual({ status: 'ready', chunks_indexed: 1, total_chunks: 1 })
    expect((await call('GET', '/datasets/30/chunks')).data).toMatchObject({ total: 1, page: 1, page_size: 20, items: [{ metadata: { doc_type: 'payroll', language: 'tr', source_filename: 'payroll-2026-02.pdf' } }] })
    expect((await call('POST', '/search', { query: '52000', mode: 'semantic' })).data.results).toMatchObject([{ dataset_id: 30, metadata: { mode: 'semantic' } }])
    expect((await call('GET', '/datasets/28/chunks?quality_grade=B')).data.total).toBe(2)
    expect((await call('GET', '/datasets/28/chunks?pii_masked=false')).data.total).toBe(0)
    const found = (await call('POST', '/search', { query: 'travel costs', top_k: 2, filters: { document_type: 'invoice', dataset_id: 28 } })).data
    expect([found.mode, found.alpha, found.results[0].chunk_id]).toEqual(['hybrid', 0.5, 'chunk-28-2'])
  })

  it('report what personal data is in them', async () => {
    const { call, processed, mock } = start()
    const { execution } = await processed('list.txt', 'ada@example.com\n\n4111 1111 1111 1111')
    const { data } = await call('POST', `/datasets/build-from-execution/${execution.id}`)
    await mock.advance(2_000)
    const path = `/datasets/${data.reference_id}/compliance-report`
    expect((await call('GET', path)).data).toMatchObject({ pii_findings_count: 2, gdpr_categories: ['contact data', 'financial data'], applicable_regulations: ['GDPR', 'KVKK', 'PCI DSS'] })
    const pdf = await call('GET', `${path}?format=pdf`)
    expect([pdf.headers.get('content-type'), pdf.text.slice(0, 8)]).toEqual(['application/pdf', '%PDF-1.4'])
    const { extractText, getDocumentProxy } = await import('unpdf')
    expect((await extractText(await getDocumentProxy(pdf.bytes), { mergePages: true })).text).toContain('pii findings count: 2')
    expect(error(await call('GET', `${path}?format=doc`))).toEqual([422, 'VALIDATION_ERROR'])
  })
})

describe('exports', () => {
  const ROW = { invoice_number: 'INV-2026-001', supplier: 'Acme Ltd', date: '2026-02-14', currency: 'EUR', total: 1650.5 }

  it('are real files, on both routes', async () => {
    const { call } = start()
    const get = async (format: string, query = ''): Promise<Answer> => {
      const [byQuery, byPath] = [await call('GET', `/datasets/28/export?format=${format}${query}`), await call('GET', `/datasets/28/export/${format}?${query}`)]
      expect([byQuery.status, byQuery.text === byPath.text], byQuery.text.slice(0, 300)).toEqual([200, true])
      expect(byQuery.headers.get('content-disposition'), format).toMatch(/^attachment; filename="supplier-invoices\./)
      return byQuery
    }
    expect((await get('json')).body[0]).toEqual(ROW)
    expect((await get('jsonl')).text.split('\n').map((line) => (line ? JSON.parse(line) : null))[0]).toEqual(ROW)
    expect((await get('csv')).text.split('\r\n').slice(0, 2)).toEqual(['invoice_number,supplier,date,currency,total', 'INV-2026-001,Acme Ltd,2026-02-14,EUR,1650.5'])
    expect((await get('md')).text).toContain('| INV-2026-001 | Acme Ltd | 2026-02-14 | EUR | 1650.5 |')
    expect((await get('xml')).text).toContain('<row><invoice_number>INV-2026-001</invoice_number>')
    expect((await get('rag', '&min_quality=A')).body.map((chunk: Json) => chunk.chunk_id)).toEqual(['chunk-28-0', 'chunk-28-1'])
    const sheet = strFromU8(unzipSync((await get('xlsx')).bytes)['xl/worksheets/sheet1.xml']!)
    expect(sheet).toContain('<c r="E2"><v>1650.5</v></c>')
    const folder = unzipSync((await get('hf')).bytes)
    expect(Object.keys(folder)).toEqual(['dataset_info.json', 'state.json', 'data-00000-of-00001.arrow'])
    expect(JSON.parse(strFromU8(folder['dataset_info.json']!)).features.total).toEqual({ dtype: 'float64', _type: 'Value' })
    expect(Array.from(folder['data-00000-of-00001.arrow']!.slice(0, 4))).toEqual([255, 255, 255, 255])
    const parquet = await get('parquet')
    expect([strFromU8(parquet.bytes.slice(0, 4)), strFromU8(parquet.bytes.slice(-4))]).toEqual(['PAR1', 'PAR1'])
    expect(error(await call('GET', '/datasets/28/export/docx'))).toEqual([422, 'VALIDATION_ERROR'])
    expect(error(await call('GET', '/datasets/29/export/json'))).toEqual([404, 'NOT_FOUND'])
  })

  it('have names that a header can hold, whatever the dataset is called', async () => {
    const { call, mock } = start({ jobDuration: 'immediate' })
    for (const [slug, header] of [['plain', 'filename="plain.jsonl"'], ['名前 naïve', `filename="__ na_ve.jsonl"; filename*=UTF-8''%E5%90%8D%E5%89%8D%20na%C3%AFve.jsonl`], ['a"b\\c\nd\ud800', 'filename="a_b_c_d_.jsonl"']] as const) {
      const { reference_id } = (await call('POST', '/datasets/build-from-execution/106', { slug, name: slug, force_rebuild: true })).data
      const answer = await call('GET', `/datasets/${reference_id}/export?format=jsonl`)
      expect([answer.status, answer.headers.get('content-disposition')], slug).toEqual([200, `attachment; ${header}`])
    }
    await mock.close()
  })

  it('go into a bucket', async () => {
    const { call } = start()
    const file = await call('GET', '/datasets/28/export/csv')
    expect((await call('POST', '/datasets/28/export-s3', { format: 'csv', connector_id: 1, prefix: 'exports/' })).data).toEqual({ s3_key: 'exports/supplier-invoices.csv', size_bytes: file.bytes.length })
    expect(error(await call('POST', '/datasets/28/export-s3', { format: 'csv', connector_id: 99 }))).toEqual([404, 'NOT_FOUND'])
    expect(error(await call('POST', '/datasets/28/export-s3', { format: 'csv', connector_id: 3 }))).toEqual([422, 'VALIDATION_ERROR'])
  })
})

describe('connectors', () => {
  it('are checked, tested and switched off', async () => {
    const { call } = start()
    expect(error(await call('POST', '/connectors', { type: 's3', name: 'B', config: {} }))).toEqual([422, 'VALIDATION_ERROR'])
    expect(error(await call('POST', '/connectors', { type: 'ftp', name: 'B', config: {} }))).toEqual([422, 'VALIDATION_ERROR'])
    const made = await call('POST', '/connectors', { type: 's3', name: 'B', config: { bucket: 'b', region: 'eu', aws_secret_access_key: 'hush' } })
    expect([made.status, made.text.includes('hush')]).toEqual([201, false])
    expect((await call('POST', '/connectors/2/test')).data).toMatchObject({ success: false, latency_ms: null })
    expect((await call('POST', `/connectors/${made.data.id}/test`)).data.success).toBe(true)
    expect((await call('GET', `/connectors/${made.data.id}`)).data.last_tested_at).toBe('2026-03-01T12:00:00Z')
    expect((await call('DELETE', `/connectors/${made.data.id}`)).status).toBe(204)
    expect((await call('GET', `/connectors/${made.data.id}`)).data.active).toBe(false)
    expect((await call('GET', '/connectors')).data.items).toHaveLength(4)
  })

  it('are synced by schedule and on demand', async () => {
    const { call, mock } = start()
    expect(error(await call('POST', '/connectors/1/schedules', { cron_expression: 'now' }))).toEqual([422, 'VALIDATION_ERROR'])
    const { data: schedule } = await call('POST', '/connectors/1/schedules', { cron_expression: '30 14 * * mon-fri', prefix_filter: 'invoices/' })
    // 1 March 2026 is a Sunday.
    expect(schedule).toMatchObject({ connector_id: 1, is_active: true, next_run_at: '2026-03-02T14:30:00Z', last_run_at: null })
    const started = await call('POST', `/connectors/1/schedules/${schedule.id}/trigger`)
    expect([started.status, started.data.status]).toEqual([202, 'running'])
    await mock.advance(5_000)
    const logs = async () => (await call('GET', `/connectors/1/schedules/${schedule.id}/logs`)).data
    expect(await logs()).toMatchObject([{ status: 'completed', files_found: 3, files_new: 2, files_skipped: 1, files_failed: 0 }])
    await mock.advance(27 * 3_600_000)
    expect(await logs()).toMatchObject([{ started_at: '2026-03-02T14:30:00Z', files_new: 0, files_skipped: 3 }, {}])
    expect((await call('GET', '/connectors/1/schedules')).data.at(-1)).toMatchObject({ last_run_at: '2026-03-02T14:30:00Z', next_run_at: '2026-03-03T14:30:00Z' })
    expect((await call('DELETE', `/connectors/1/schedules/${schedule.id}`)).data).toEqual({ deleted: true })
    expect(error(await call('GET', `/connectors/1/schedules/${schedule.id}/logs`))).toEqual([404, 'NOT_FOUND'])
    expect((await call('POST', '/scheduler/schedules', { connector_id: 1, interval: '6h', prefix: 'x/' })).data).toMatchObject({ cron_expression: '0 */6 * * *', prefix_filter: 'x/', next_run_at: '2026-03-02T18:00:00Z' })
    expect(error(await call('POST', '/scheduler/schedules', { connector_id: 1, interval: '5m' }))).toEqual([422, 'VALIDATION_ERROR'])
    for (let i = 0; i < 5; i++) expect((await call('POST', '/connectors/21/schedules', { cron_expression: '0 0 1 1 *' }, PRO)).status).toBe(201)
    expect(error(await call('POST', '/connectors/21/schedules', { cron_expression: '0 0 1 1 *' }, PRO))).toEqual([403, 'PLAN_UPGRADE_REQUIRED'])
  })
})

describe('webhooks', () => {
  it('tell of real events, signed, with one more attempt', async () => {
    const sent: { url: string; body: string; headers: Record<string, string> }[] = []
    let status = 500
    const { call, upload, mock } = start({ send: async (url, { body, headers }) => (sent.push({ url, body, headers }), { status }) })
    expect(error(await call('POST', '/webhooks', { url: 'http://example.com/h', events: ['job.completed'] }))).toEqual([422, 'VALIDATION_ERROR'])
    expect(error(await call('POST', '/webhooks', { url: 'https://example.com/h', events: ['job.exploded'] }))).toEqual([422, 'VALIDATION_ERROR'])
    const hook = await call('POST', '/webhooks', { url: 'http://127.0.0.1:9/h', events: ['job.completed', 'job.failed', 'dataset.ready'], secret: 'hush', auto_export: { connector_id: 1, format: 'parquet', prefix: 'auto/' } })
    expect([hook.status, hook.text.includes('hush')]).toEqual([201, false])
    const [job] = (await upload({ 'a.txt': 'Mail to ada@example.com please.' })).data.jobs
    await mock.advance(1_500)
    expect(sent).toHaveLength(1)
    expect(JSON.parse(sent[0]!.body)).toEqual({ event: 'job.completed', job_id: job.job_id, status: 'completed', quality_grade: expect.any(String), pii_findings_count: 1, timestamp: '2026-03-01T12:00:01Z' })
    expect(sent[0]!.headers['X-Flexorch-Signature']).toBe(hmacHex('hush', sent[0]!.body))
    await mock.advance(10_000)
    expect(sent).toHaveLength(2)
    expect(sent[1]).toEqual(sent[0])
    status = 200
    sent.length = 0
    await upload({ 'empty.txt': '' })
    await mock.advance(2_000)
    expect(JSON.parse(sent[0]!.body)).toMatchObject({ event: 'job.failed', failure_reason: 'EMPTY_DOCUMENT' })
    sent.length = 0
    await call('POST', '/datasets', { name: 'Hooked', execution_ids: [106] })
    await mock.advance(5_000)
    await mock.world().idle()
    expect(sent.map(({ body }) => JSON.parse(body).event)).toEqual(['job.completed', 'dataset.ready'])
    expect((await call('GET', '/connectors/1')).data.last_used_at).toMatch(/^2026-03-01T12:00:1/)
    expect((await call('DELETE', `/webhooks/${hook.data.id}`)).status).toBe(204)
    expect(error(await call('DELETE', `/webhooks/${hook.data.id}`))).toEqual([404, 'NOT_FOUND'])
  })
})

describe('records', () => {
  it('keep an audit log', async () => {
    const { call, processed } = start()
    await call('POST', '/auth/login', { email: 'ada@example.com', password: 'wrong' }, null)
    const { job } = await processed('a.txt', 'text')
    const answer = await call('GET', '/audit/export')
    expect(answer.headers.get('content-disposition')).toContain('audit-log.json')
    expect(answer.body).toContainEqual({ timestamp: '2026-03-01T12:00:01Z', event_type: 'job.completed', tenant_id: 1, document_id: job.document_id, outcome: 'success' })
    expect(answer.body).toContainEqual(expect.objectContaining({ event_type: 'auth.login', outcome: 'failure' }))
    expect((await call('GET', '/audit/export?format=csv')).text.split('\r\n')[0]).toBe('timestamp,event_type,tenant_id,document_id,outcome')
    expect(error(await call('GET', '/audit/export?format=pdf'))).toEqual([422, 'VALIDATION_ERROR'])
  })

  it('add up quality and use day by day', async () => {
    const { call, processed } = start()
    const before = (await call('GET', '/usage/quality-trend')).data.find((day: Json) => day.date === '2026-03-01')
    await processed('a.txt', 'text')
    const after = (await call('GET', '/usage/quality-trend')).data.find((day: Json) => day.date === '2026-03-01')
    expect(after.job_count).toBe(before.job_count + 1)
    expect(Object.values<number>(after.grade_distribution).reduce((a, b) => a + b, 0)).toBe(3)
    expect((await call('GET', '/usage/history?period=7d')).data.map((day: Json) => day.date)).toEqual(['2026-03-01', '2026-03-02'])
    expect(error(await call('GET', '/usage/history?period=1y'))).toEqual([422, 'VALIDATION_ERROR'])
    expect((await call('GET', '/compliance/record')).data).toMatchObject({ controller: 'Example Ltd', generated_at: '2026-03-01T12:00:02Z' })
    expect((await call('GET', '/compliance/record', undefined, PRO)).data).toMatchObject({ controller: 'Pro Ltd', processing_activities: [{ category: 'Invoice processing', retention_period: '90 days' }] })
  })

  it('fine-tune a model', async () => {
    const { call, mock } = start()
    expect(error(await call('POST', '/fine-tune', { dataset_id: 9, model: 'm' }))).toEqual([404, 'NOT_FOUND'])
    expect(error(await call('POST', '/fine-tune', { dataset_id: 29, model: 'm' }))).toEqual([422, 'VALIDATION_ERROR'])
    const { data } = await call('POST', '/fine-tune', { dataset_id: 28, model: 'gpt', suffix: 'mine' })
    expect(data).toMatchObject({ status: 'queued', fine_tuned_model: null })
    await mock.advance(10_000)
    expect((await call('GET', `/fine-tune/${data.job_id}`)).data).toMatchObject({ status: 'completed', fine_tuned_model: 'ft:gpt:example_ltd:mine' })
    const bad = (await call('POST', '/fine-tune', { dataset_id: 28, model: 'gpt', suffix: 'fail' })).data
    await mock.advance(10_000)
    expect((await call('GET', `/fine-tune/${bad.job_id}`)).data).toMatchObject({ status: 'failed', error: expect.any(String) })
    await call('GET', '/fine-tune/ft-2')
    await mock.advance(10_000)
    expect((await call('GET', '/fine-tune/ft-2')).data.status).toBe('completed')
    expect(error(await call('POST', '/settings/llm-config', { provider: 'nobody', model: 'm', api_key: 'k' }))).toEqual([422, 'VALIDATION_ERROR'])
  })
})

it('goes back to the very same start', async () => {
  const { call, mock, upload } = start()
  await call('GET', '/usage')
  const fresh = mock.world().hash()
  await upload({ 'a.txt': 'text' })
  await call('GET', '/jobs/1003')
  await mock.advance(90_000)
  await mock.reset()
  expect(mock.world().hash()).toBe(fresh)
})

it('goes on from a snapshot', async () => {
  const { call, mock, upload } = start()
  const [{ job_id }] = (await upload({ 'a.txt': 'text' })).data.jobs
  const other = start()
  await other.mock.restore(JSON.parse(JSON.stringify(await mock.snapshot())))
  await Promise.all([mock.advance(2_000), other.mock.advance(2_000)])
  expect((await other.call('GET', `/jobs/${job_id}`)).data).toEqual((await call('GET', `/jobs/${job_id}`)).data)
})
