import { isCard, isIban } from '../../effects/identifiers.js'
import { COUNTRIES } from './patterns.js'
import type { Table } from './table.js'

export interface ColumnProfile {
  name: string
  classification: string
  confidence: number
  /** Of the rows that were looked at: those without a value, different values, and the bounds of numbers. What contracts are checked against. */
  nulls: number
  distinct: number
  min: number | null
  max: number | null
}

export interface FileProfile {
  /** Rows that were looked at. */
  rows: number
  columns: ColumnProfile[]
  error: string | null
}

/** Values looked at in each column, how much of each, and cells in all: no file can keep the server busy for long. */
const SAMPLE = 5_000
const LENGTH = 256
const CELLS = 5_000_000
const COLUMNS = 1_000

interface Category {
  name: string
  matches: (value: string) => boolean
  /** Headers that speak for it. */
  header?: RegExp
  /** Holds only under such a header. */
  needsHeader?: boolean
  /** Share of the values from which it is taken without such a header. */
  least?: number
}

const NUMBER = /^[-+]?\d+(?:[.,]\d+)?$/
const MONEY = /^[-+]?(?:[$€£¥]|[A-Z]{3})\s?\d[\d.,' ]*$|^[-+]?\d[\d.,' ]*\s?(?:[$€£¥]|EUR|USD|GBP|CHF|SEK)$/

/** In order: the first that holds for most of the values wins. */
const CATEGORIES: readonly Category[] = [
  { name: 'PII / Email', matches: (v) => /^[^\s@"]+@[^\s@]+\.[a-z]{2,}$/i.test(v), header: /e-?mail/i },
  { name: 'PII / IBAN', matches: isIban, header: /iban|account/i },
  { name: 'PII / Credit card', matches: isCard, header: /card|pan\b/i },
  { name: 'PII / IP address', matches: (v) => /^(?:\d{1,3}\.){3}\d{1,3}$/.test(v) || /^[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){3,7}$/i.test(v), header: /\bip\b|ip_?addr/i },
  { name: 'uuid', matches: (v) => /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(v) },
  { name: 'url', matches: (v) => /^https?:\/\/\S+$/i.test(v) },
  { name: 'timestamp', matches: (v) => /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(v) },
  { name: 'date', matches: (v) => /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$|^(?:0?[1-9]|[12]\d|3[01])[./-](?:0?[1-9]|[12]\d|3[01])[./-](?:\d{4}|\d\d)$/.test(v), header: /date|day|_at$/i },
  { name: 'boolean', matches: (v) => /^(?:true|false|yes|no|y|n)$/i.test(v) },
  { name: 'PII / Phone', matches: (v) => /^(?:\+|00)\d[\d\s().-]{6,18}$/.test(v) || /^\(?0\d{1,4}\)?[\s/-][\d\s-]{4,14}$/.test(v) || /^\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{4}$/.test(v), header: /phone|mobile|tel|fax/i },
  { name: 'currency_amount', matches: (v) => MONEY.test(v) },
  { name: 'currency_amount', matches: (v) => NUMBER.test(v), header: /amount|price|total|cost|revenue|salary|balance|value|fee|paid|spend/i, needsHeader: true },
  { name: 'integer_id', matches: (v) => /^\d+$/.test(v), header: /(?:^|_|\b)(?:id|no|nr|number|key)$|Id$/, needsHeader: true },
  { name: 'integer_count', matches: (v) => /^[-+]?\d+$/.test(v), header: /count|quantity|qty|stock|number|age|year/i },
  { name: 'float_measurement', matches: (v) => NUMBER.test(v), header: /weight|length|rate|score|temperature|height|lat|lon/i },
  { name: 'country', matches: (v) => COUNTRIES.has(v.toLowerCase()), header: /country|nation/i },
  { name: 'PII / Name', matches: (v) => /^\p{Lu}[\p{L}'’.-]*(?: \p{Lu}?[\p{L}'’.-]+){0,3}$/u.test(v), header: /^(?:(?:full|first|last|sur|given|family|customer|contact)[_ ]?)?name$/i, needsHeader: true },
  { name: 'PII / Name', matches: (v) => /^\p{Lu}[\p{Ll}'’-]+(?: \p{Lu}\.)? \p{Lu}[\p{L}'’-]+$/u.test(v), least: 0.9 },
]

export function profileTable({ columns, rows, error }: Table): FileProfile {
  const names = columns.slice(0, COLUMNS)
  const seen = rows.slice(0, Math.floor(CELLS / Math.max(1, names.length)))
  return { rows: seen.length, columns: names.map((name, i) => profileColumn(name, seen.map((row) => row[i] ?? ''))), error: error ?? null }
}

function profileColumn(name: string, cells: readonly string[]): ColumnProfile {
  const values = cells.filter((cell) => cell !== '' && !/^(?:null|n\/a|none|-)$/i.test(cell))
  const numbers = values.filter((value) => NUMBER.test(value)).map((value) => Number(value.replace(',', '.')))
  const distinct = new Set(values).size
  return {
    name, ...classify(name.slice(0, LENGTH), values.slice(0, SAMPLE).map((value) => value.slice(0, LENGTH)), distinct), nulls: cells.length - values.length, distinct,
    min: numbers.length > 0 ? numbers.reduce((a, b) => Math.min(a, b)) : null,
    max: numbers.length > 0 ? numbers.reduce((a, b) => Math.max(a, b)) : null,
  }
}

/** The category that most values fit; how sure it is follows from how many do. */
export function classify(header: string, values: readonly string[], distinct = new Set(values).size): { classification: string; confidence: number } {
  if (values.length === 0) return { classification: 'empty', confidence: 1 }
  for (const { name, matches, header: speaks, needsHeader, least = 0.6 } of CATEGORIES) {
    const told = speaks?.test(header) ?? false
    if (needsHeader && !told) continue
    const share = values.filter(matches).length / values.length
    if (share < (told ? Math.min(least, 0.5) : least)) continue
    // A header that says the same takes half of the doubt away.
    return { classification: name, confidence: round(told ? share + (1 - share) / 2 : share * 0.98) }
  }
  const words = values.reduce((sum, value) => sum + value.split(/\s+/).length, 0) / values.length
  if (words > 4) return { classification: 'free_text', confidence: round(Math.min(0.95, 0.5 + words / 20)) }
  return { classification: 'categorical_generic', confidence: round(Math.max(0.5, 1 - distinct / (values.length + 1) / 2)) }
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}

/** The column that holds passwords as people type them (no hashes), which the vendor refuses to take. */
export function rawPasswordColumn({ columns, rows }: Table): string | undefined {
  return columns.find((name, i) => {
    if (!/(?:^|[_ -])(?:password|passwd|pwd|passwort|kennwort)$/i.test(name)) return false
    return rows.some((row) => (row[i] ?? '') !== '' && !/^(?:\$[a-z0-9]+\$|\{[A-Z0-9]+\}|[0-9a-f]{32,}$|\*+$)/i.test(row[i]!))
  })
}
