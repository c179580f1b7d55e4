import { shownPath } from './address.js'
import type { Batch } from './batch.js'
import type { Item, Summary } from './types.js'

/** One item as a flat row; empty members are left out. */
export interface ReportRow {
  /** Path as listed, or the address with its signature hidden. */
  readonly path: string
  /** State of the item, or of the one that was sent in its place. */
  readonly status: string
  /** The vendor's id of the job. */
  readonly job?: string
  /** What the server calls the stored thing, where that is not the job. */
  readonly document?: string
  /** The server had this content already. */
  readonly duplicate?: true
  /** Path of the item with the same content that was sent in place of this one. */
  readonly same_as?: string
  /** The file was changed between reading and sending. */
  readonly changed?: true
  /** Why it came to this, as a code: the vendor's, or one of orkit's such as `NOT_FOUND`. */
  readonly code?: string
  /** Why it came to this, in words. */
  readonly message?: string
  /** HTTP status of the refusal. */
  readonly http?: number
  /** Requests made for it. */
  readonly attempts?: number
  /** Size of the content, where it is known. */
  readonly bytes?: number
  /** SHA-256 of the content in hexadecimal digits. Of an address: a digest of that, unless the source named the SHA-256 of the file to fetch. */
  readonly sha256?: string
  /** When the last request began, as ISO 8601. */
  readonly sent_at?: string
  /** When its last outcome was written, as ISO 8601. */
  readonly ended_at?: string
}

/** Names of the columns, in the order of the CSV form. */
export const reportColumns = ['path', 'status', 'job', 'document', 'duplicate', 'same_as', 'changed', 'code', 'message', 'http', 'attempts', 'bytes', 'sha256', 'sent_at', 'ended_at'] as const

/** An item as a row. `fate` is the item that was sent in its place; default: itself. */
export function rowOf(item: Readonly<Item>, fate: Readonly<Item> = item): ReportRow {
  const row = {
    path: shownPath(item), status: fate.state, job: fate.job, document: fate.document,
    duplicate: fate.duplicate || undefined, same_as: fate === item ? undefined : shownPath(fate), changed: fate.changed || undefined,
    code: fate.code, message: fate.message, http: fate.status, attempts: fate.attempts || undefined, bytes: item.size, sha256: item.sha256,
    sent_at: iso(fate.sentAt), ended_at: iso(fate.endedAt),
  }
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as unknown as ReportRow
}

/** All items of a batch as rows, in the order of the journal. */
export function reportRows(batch: Pick<Batch, 'items' | 'fateOf'>): ReportRow[] {
  return batch.items().map((item) => rowOf(item, batch.fateOf(item)))
}

/** `jsonl`: a JSON text a line; `csv`: RFC 4180 with a heading; `xml`: JUnit, each item a test case. */
export type ReportFormat = 'jsonl' | 'csv' | 'xml'

/** The rows as one text. Cells of CSV that a spreadsheet would take for a formula get a quote in front. `name` is that of the JUnit suite, default `orkit`. */
export function formatReport(rows: readonly ReportRow[], format: ReportFormat, name = 'orkit'): string {
  switch (format) {
    case 'jsonl':
      return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    case 'csv':
      return [reportColumns.join(','), ...rows.map((row) => reportColumns.map((column) => csvCell(row[column])).join(','))].map((line) => `${line}\r\n`).join('')
    case 'xml':
      return junit(rows, name)
  }
}

/** `12 done, 1 rejected, 2 left`. */
export function describeSummary(summary: Summary): string {
  const { states } = summary
  const left = states.planned + states.sending
  const parts: [number, string][] = [[states.done, 'done'], [states.accepted, 'accepted'], [states.failed, 'failed'], [states.rejected, 'rejected'], [states.skipped, 'skipped'], [states.unknown, 'unknown'], [left, 'left']]
  const text = parts.filter(([count]) => count > 0).map(([count, label]) => `${count} ${label}`).join(', ')
  return text === '' ? 'nothing to do' : text
}

/** Each item is a test case: rejected and failed ones are failures, what is not known an error, what is left skipped. */
function junit(rows: readonly ReportRow[], name: string): string {
  const count = (...states: string[]) => rows.filter((row) => states.includes(row.status)).length
  const cases = rows.map((row) => {
    const head = `    <testcase classname="${xml(name)}" name="${xml(row.path)}" time="${seconds(row)}"`
    const text = `message="${xml(row.message ?? '')}" type="${xml(row.code ?? row.status)}"`
    if (row.status === 'failed' || row.status === 'rejected') return `${head}><failure ${text}/></testcase>`
    if (row.status === 'unknown') return `${head}><error ${text}/></testcase>`
    if (row.status === 'planned' || row.status === 'sending' || row.status === 'skipped') return `${head}><skipped/></testcase>`
    return `${head}/>`
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    `  <testsuite name="${xml(name)}" tests="${rows.length}" failures="${count('failed', 'rejected')}" errors="${count('unknown')}" skipped="${count('planned', 'sending', 'skipped')}">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function seconds(row: ReportRow): string {
  if (row.sent_at === undefined || row.ended_at === undefined) return '0'
  return (Math.max(0, Date.parse(row.ended_at) - Date.parse(row.sent_at)) / 1000).toFixed(3)
}

/** Text that a spreadsheet would run as a formula gets a quote in front. */
function csvCell(value: unknown): string {
  if (value === undefined) return ''
  const text = String(value)
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

function xml(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll('\n', '&#10;')
}

const iso = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString())
