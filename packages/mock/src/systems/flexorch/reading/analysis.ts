import type { Members } from '../../../kernel/types.js'
import { detectKind, detectLanguage } from './language.js'
import { findPersonalData, maskRecord } from './personal-data.js'
import type { Content } from './read.js'

export interface PipelineConfig {
  mask: boolean
  hint: string | null
  locale: string
}

export interface Analysis {
  kind: string
  language: string | null
  records: Members[]
  columns: string[]
  fields: Members
  findings: Record<string, number>
  findingsCount: number
  maskedRecords: number
  grade: 'A' | 'B' | 'C' | 'D'
  score: number
  fillRate: number
  confidence: number | null
  warnings: string[]
}

/** What the pipeline makes of a document. `confidence` is that of the text recognition, for pictures. */
export function analyse(content: Content, config: PipelineConfig, confidence: number | null): Analysis {
  const text = content.text || content.rows.map((row) => Object.values(row).join(' ')).join('\n')
  const { counts } = findPersonalData(text)
  const masked = content.rows.map(maskRecord)
  const maskedRecords = config.mask ? masked.filter((row, i) => row !== content.rows[i]).length : 0
  const records = config.mask ? masked : content.rows
  // XML is taken for e-invoices only.
  const kind = config.hint ?? (/\.xml$/i.test(content.name) ? 'invoice' : detectKind(content.name, content.text))
  const language = detectLanguage(text) ?? (config.locale === 'und' ? null : config.locale.split('-')[0]!.toLowerCase())
  return {
    kind, language, records, columns: columnsOf(records), fields: config.mask ? maskRecord(content.fields) : content.fields,
    findings: counts, findingsCount: Object.values(counts).reduce((sum, count) => sum + count, 0), maskedRecords, confidence,
    ...quality(records, text, language, kind, confidence),
  }
}

export function columnsOf(records: readonly Members[]): string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record)))]
}

/** A from 85, B from 65, C from 45, D below. */
export function gradeOf(score: number): 'A' | 'B' | 'C' | 'D' {
  return score >= 85 ? 'A' : score >= 65 ? 'B' : score >= 45 ? 'C' : 'D'
}

/** Mostly how many cells are filled; less for a few words, an unknown language or an unknown kind, and for a bad picture. */
function quality(records: readonly Members[], text: string, language: string | null, kind: string, confidence: number | null) {
  const columns = columnsOf(records)
  const cells = records.length * columns.length
  const filled = records.reduce((sum, record) => sum + columns.filter((name) => record[name] !== null && record[name] !== undefined && record[name] !== '').length, 0)
  const fillRate = cells === 0 ? 0 : Math.round((filled / cells) * 1000) / 1000
  const short = text.split(/\s+/).length < 12
  const unsure = confidence !== null && confidence < 0.7
  const warnings = [
    ...(records.length === 0 ? ['no_rows'] : []), ...(fillRate < 0.75 ? ['low_field_fill_rate'] : []), ...(short ? ['short_text'] : []),
    ...(language === null ? ['language_unknown'] : []), ...(unsure ? ['low_ocr_confidence'] : []),
  ]
  const raw = 20 + 76 * fillRate - (short ? 10 : 0) - (language === null ? 4 : 0) - (kind === 'general' ? 3 : 0)
  const seen = confidence === null ? raw : raw * (0.5 + confidence / 2)
  // A text that was hardly recognised gets no grade above C.
  const score = Math.max(0, Math.round(Math.min(seen, unsure ? 64 : 100) * 10) / 10)
  return { score, grade: gradeOf(score), fillRate, warnings }
}
