import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { arena, type Arena } from '../harness/arena.js'
import type { Json } from '../harness/documents.js'

// Minutes of work on a busy machine, seconds on a quiet one.
vi.setConfig({ testTimeout: 120_000 })

// Uploads are really read: documents of the world (see examples/documents/SOURCES.md) in every kind, and odd ones.

const EXAMPLES = new URL('../../../../examples/documents/', import.meta.url)
const bytesOf = (path: string): Uint8Array<ArrayBuffer> => new Uint8Array(readFileSync(new URL(path, EXAMPLES)))
const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)

function form(part: string, name: string, content: Uint8Array<ArrayBuffer> | string): FormData {
  const made = new FormData()
  made.append(part, new File([content], name))
  return made
}

/** A document, a question, and words of the only passage that answers it. */
const PASSAGES: readonly (readonly [path: string, question: string, answer: RegExp])[] = [
  ['pdf/us-constitution.pdf', 'Who shall be Commander in Chief of the Army and Navy?', /Commander in Chief of the Army and Navy/],
  ['pdf/mauna-loa-co2-report.pdf', 'weekly samples Mauna Loa Observatory Hawaii', /were averaged for every week/],
  ['pdf/produkthaftungsgesetz.pdf', 'Selbstbeteiligung bei Sachbeschädigung', /Selbstbeteiligung/],
  ['docx/service-level-agreement.docx', 'credit for each started outage', /credit/i],
  ['docx/northanger-abbey-chapters-1-3.docx', 'Catherine Morland heroine infancy', /heroine/],
  ['html/sqlite-faq.html', 'AUTOINCREMENT field', /AUTOINCREMENT/],
  ['md/us-bill-of-rights.md', 'excessive bail cruel punishments', /Excessive bail/],
  ['txt/goethe-erlkönig.txt', 'Wer reitet so spät durch Nacht und Wind', /Wer reitet so spät/],
  ['txt/us-constitution.txt', 'President age of thirty five years fourteen years resident', /thirty[ -]five/i],
  ['eml/refund-complaint.eml', 'refund complaint order', /refund/i],
  ['csv/palmer-penguins.csv', 'Chinstrap Dream', /Chinstrap/],
]

describe('Orckai: knowledge bases', () => {
  let at: Arena
  const base = 'd4e5f6a7-0000-4000-8000-000000000001'
  beforeAll(async () => {
    at = await arena('orckai')
    for (const [path] of PASSAGES) expect((await at.send(at.operation('knowledgeBases.documents.upload'), { path: { id: base }, body: form('file', nameOf(path), bytesOf(path)) })).status, path).toBe(201)
    await at.mock.advance(10_000)
  })
  afterAll(() => at.mock.close())

  it.each(PASSAGES)('%s answers "%s"', async (path, query, words) => {
    const { body } = await at.send(at.operation('knowledgeBases.search'), { path: { id: base }, body: { query, limit: 5 } })
    const own = body.data.filter((hit: Json) => hit.documentName === nameOf(path))
    expect(own.some((hit: Json) => words.test(hit.content)), JSON.stringify(body.data).slice(0, 600)).toBe(true)
    const scores: number[] = body.data.map((hit: Json) => hit.score)
    expect(scores, 'best first').toEqual(scores.toSorted((a, b) => b - a))
    expect(scores.every((score) => score > 0 && score <= 1)).toBe(true)
  })

  it('finds nothing for words that are nowhere, and the same in the same order every time', async () => {
    const ask = async (query: string): Promise<Json> => (await at.send(at.operation('knowledgeBases.search'), { path: { id: base }, body: { query, limit: 20 } })).body.data
    expect(await ask('xylophonist zzyzx')).toEqual([])
    expect(await ask('the people')).toEqual(await ask('the people'))
  })
})

describe('Orbiter: agents answer from what was uploaded', () => {
  it.each(PASSAGES.filter(([path]) => /\.(?:csv|docx|html|md|pdf|txt)$/.test(path)).slice(0, 7))('%s answers "%s"', async (path, question, words) => {
    const at = await arena('orbiter')
    const kb = (await at.send(at.operation('knowledgeBases.create'), { body: { name: 'Library', chunk_size: 1024 } })).body
    const uploaded = await at.send(at.operation('knowledgeBases.documents.upload'), { path: { knowledge_base_id: kb.id }, body: form('file', nameOf(path), bytesOf(path)) })
    expect(uploaded.status, uploaded.text).toBe(201)
    expect((await at.send(at.operation('knowledgeBases.get'), { path: { knowledge_base_id: kb.id } })).body).toMatchObject({ doc_count: 1, chunk_count: uploaded.body.chunk_count })
    const agent = 'c0000000-0000-4000-8000-000000000001'
    await at.send(at.operation('agents.update'), { path: { agent_id: agent }, body: { knowledge_base_ids: JSON.stringify([kb.id]) } })
    const ask = async (): Promise<string> => (await at.send(at.operation('deployments.run'), { path: { deployment_id: '10000000-0000-4000-8000-000000000001' }, body: { input: question } })).body.output
    const said = await ask()
    expect(said).toContain(`(${nameOf(path)})`)
    expect(said).toMatch(words)
    expect(await ask()).toBe(said)
    await at.mock.close()
  })
})

/** What FlexOrch's pipeline makes of a document: kind, language, personal data, rows and fields. */
const READINGS: readonly (readonly [path: string, expected: { kind: string; language: string | null; rows: number; found?: Record<string, number>; fields?: Record<string, unknown> }])[] = [
  ['pdf/rechnung-re-2025-0417.pdf', { kind: 'invoice', language: 'de', rows: 18, found: { EMAIL: 1, IBAN: 1, PHONE: 1 }, fields: { rechnungsdatum: '17.04.2025' } }],
  ['pdf/mauna-loa-co2-report.pdf', { kind: 'general', language: 'en', rows: 2, found: {} }],
  ['docx/protokoll-teamrunde.docx', { kind: 'purchase_order', language: 'de', rows: 6, found: {} }],
  ['docx/service-level-agreement.docx', { kind: 'contract', language: 'en', rows: 6, found: {} }],
  ['eml/angebotsanfrage.eml', { kind: 'sales_proposal', language: 'de', rows: 6, found: { EMAIL: 2, PHONE: 1 }, fields: { date: 'Thu, 17 Apr 2025 09:12:41 +0200' } }],
  ['html/sqlite-faq.html', { kind: 'general', language: 'en', rows: 480, found: {} }],
  ['md/produkthaftungsgesetz.md', { kind: 'general', language: 'de', rows: 67, found: {} }],
  ['txt/austen-persuasion.txt', { kind: 'general', language: 'en', rows: 1_035, found: {} }],
  ['xlsx/orders-2025.xlsx', { kind: 'purchase_order', language: null, rows: 245, found: {} }],
  ['xml/facture-ubl-en16931.xml', { kind: 'invoice', language: 'fr', rows: 2, found: { EMAIL: 2, IBAN: 2, PHONE: 2 }, fields: { invoice_number: 'F124212', currency: 'EUR' } }],
  ['xml/xrechnung-ubl-re-2025-0417.xml', { kind: 'invoice', language: 'de', rows: 3, found: { EMAIL: 3, IBAN: 1, PHONE: 1 }, fields: { invoice_number: 'RE-2025-0417', issue_date: '2025-04-17' } }],
]

describe('FlexOrch: the pipeline', () => {
  it.each(READINGS)('reads %s', async (path, { kind, language, rows, found, fields }) => {
    const at = await arena('flexorch', { jobDuration: 'immediate' })
    const sent = await at.send(at.operation('documents.process'), { body: form('files', nameOf(path), bytesOf(path)) })
    expect(sent.status, sent.text).toBe(202)
    const job = (await at.send(at.operation('jobs.get'), { path: { job_id: String(sent.body.data.jobs[0].job_id) } })).body.data
    const execution = (await at.send(at.operation('executions.get'), { path: { id: String(job.processing_summary.execution_id) } })).body.data
    expect({ status: job.status, kind: execution.document_type, language: job.detected_language, rows: job.processing_summary.row_count, found: job.processing_summary.pii_type_summary }).toEqual({ status: 'completed', kind, language, rows, found: found ?? {} })
    expect(execution.records).toHaveLength(rows)
    if (fields) expect(job.processing_summary.fields).toMatchObject(fields)
    expect(JSON.stringify([execution.records, job.processing_summary.fields]), 'what was found is masked').not.toMatch(/\w@\w|\b(?:DE|FR)\d{2}[ \d]{10,}/)
    await at.mock.close()
  })
})

/** Columns of ORCA by what their values are. */
const COLUMNS: readonly (readonly [path: string, rows: number, columns: Record<string, string>])[] = [
  ['csv/customers.csv', 80, { customer_id: 'categorical_generic', email: 'PII / Email', phone: 'PII / Phone', country: 'country', date_of_birth: 'date', revenue_eur: 'currency_amount', newsletter: 'boolean', last_name: 'PII / Name' }],
  ['csv/palmer-penguins.csv', 344, { species: 'categorical_generic', bill_length_mm: 'float_measurement', flipper_length_mm: 'integer_count', year: 'integer_count' }],
  ['csv/seattle-weather.csv', 1_461, { date: 'date', precipitation: 'float_measurement', weather: 'categorical_generic' }],
  ['xlsx/orders-2025.xlsx', 240, { Date: 'date' }],
]

describe('ORCA: classification', () => {
  let at: Arena
  beforeAll(async () => {
    at = await arena('orca', { jobDuration: 'immediate' })
  })
  afterAll(() => at.mock.close())
  const send = async (operation: string, name: string, content: Uint8Array<ArrayBuffer> | string): Promise<Json> => (await at.send(at.operation(operation), { body: form('file', name, content) })).body.data
  const prescan = (name: string, content: Uint8Array<ArrayBuffer> | string): Promise<Json> => send('files.prescan', name, content)
  const classified = async (name: string, content: Uint8Array<ArrayBuffer> | string): Promise<Record<string, string>> => {
    const { file_id } = await send('files.upload', name, content)
    const { job_id } = (await at.send(at.operation('jobs.create'), { body: { file_ids: [file_id] } })).body.data
    const { columns } = (await at.send(at.operation('jobs.start'), { path: { job_id } })).body.data
    return Object.fromEntries(columns.map((column: Json) => [column.name, column.classification]))
  }

  it.each(COLUMNS)('%s', async (path, rows, columns) => {
    const { row_count, columns: names } = await prescan(nameOf(path), bytesOf(path))
    const found = await classified(nameOf(path), bytesOf(path))
    expect([row_count, names]).toEqual([rows, Object.keys(found)])
    expect(found).toMatchObject(columns)
  })

  it('reads tables as they come: marks, line ends, delimiters, encodings', async () => {
    const table = [['name', 'e-mail', 'betrag'], ['Jürgen Groß', 'juergen@example.com', '12,50 €'], ['José Núñez', 'jose@example.com', '7,00 €']]
    for (const delimiter of [';', '\t', '|']) {
      for (const end of ['\n', '\r\n', '\r']) {
        const text = table.map((row) => row.join(delimiter)).join(end)
        const forms = { utf8: new TextEncoder().encode(text), mark: new TextEncoder().encode(`\ufeff${text}`), utf16: Uint8Array.from(Buffer.from(`\ufeff${text}`, 'utf16le')), western: Uint8Array.from([...text].map((c) => (c === '€' ? 0x80 : c.charCodeAt(0)))) }
        for (const [encoding, content] of Object.entries(forms)) {
          expect(await classified('table.csv', content), `${encoding} ${JSON.stringify([delimiter, end])}`).toEqual({ name: 'PII / Name', 'e-mail': 'PII / Email', betrag: 'currency_amount' })
        }
      }
    }
  })

  it('says what is wrong with what is no table, and does not fall over', async () => {
    for (const [name, content] of [['empty.csv', ''], ['picture.csv', Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 13])], ['numbers.csv', '1,2\n3,4\n'], ['blank.csv', '\n\r\n  \n'], ['half.xlsx', 'PK\u0003\u0004half'], ['half.json', '[{"a":1},']] as const) {
      expect((await prescan(name, content as string)).warnings, name).toHaveLength(1)
    }
    expect((await prescan('wide.csv', `${Array.from({ length: 3_000 }, (_, i) => `c${i}`).join(',')}\n${'1,'.repeat(2_999)}1`)).row_count).toBe(1)
    expect(await classified('long.csv', `note\n${'word '.repeat(500_000)}`)).toEqual({ note: 'free_text' })
  })
})
