import { ibanLength, isCard, isIban } from '../../../effects/identifiers.js'
import type { Json, Members } from '../../../kernel/types.js'

interface Detector {
  type: string
  pattern: RegExp
  /** The part from the beginning of a match that is a finding. */
  take?(match: string): string | undefined
}

/** In this order: what one has found, the next does not see. */
const DETECTORS: readonly Detector[] = [
  { type: 'EMAIL', pattern: /[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,5}\.[a-z]{2,24}\b/gi },
  { type: 'IBAN', pattern: /\b[A-Z]{2}\d{2}(?:[ ]?[A-Z0-9]){11,30}/g, take: iban },
  { type: 'CREDIT_CARD', pattern: /(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.]?\d)/g, take: (match) => (isCard(match) ? match : undefined) },
  { type: 'TCKN', pattern: /(?<![\d.+])[1-9]\d{10}(?!\d)/g, take: (match) => (tckn(match) ? match : undefined) },
  { type: 'IP_ADDRESS', pattern: /(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?![\d.]?\d)/g },
  { type: 'PHONE', pattern: /(?<![\w.])(?:\+\d[\d ()./-]{6,18}\d|\(?0\d{2,4}\)?[ /-]\d{3,4}[\d -]{2,9}\d)(?!\d)/g, take: phone },
]

export interface Findings {
  masked: string
  counts: Record<string, number>
}

/** Finds personal data and puts `[MASKED_TYPE]` in its place. */
export function findPersonalData(text: string): Findings {
  const counts: Record<string, number> = {}
  let masked = text
  for (const { type, pattern, take } of DETECTORS) {
    masked = masked.replaceAll(pattern, (match) => {
      const found = take ? take(match) : match
      if (found === undefined) return match
      counts[type] = (counts[type] ?? 0) + 1
      return `[MASKED_${type}]${match.slice(found.length)}`
    })
  }
  return { masked, counts }
}

/** The values of a record with everything found masked; the record itself where nothing was. */
export function maskRecord(record: Members): Members {
  let changed = false
  const out: Members = {}
  for (const [name, value] of Object.entries(record) as [string, Json][]) {
    out[name] = typeof value === 'string' ? findPersonalData(value).masked : value
    changed ||= out[name] !== value
  }
  return changed ? out : record
}

/** A number may be followed by what looks like more of it: its length says where it ends. */
function iban(match: string): string | undefined {
  const length = ibanLength(match.slice(0, 2))
  if (length === undefined) return undefined
  let seen = 0
  let end = 0
  while (end < match.length && seen < length) if (match[end++] !== ' ') seen++
  const found = match.slice(0, end)
  return isIban(found) && !/[A-Z0-9]/.test(match[end] ?? '') ? found : undefined
}

/** The Turkish identity number: two check digits. */
function tckn(text: string): boolean {
  const d = [...text].map(Number)
  const odd = d[0]! + d[2]! + d[4]! + d[6]! + d[8]!
  const even = d[1]! + d[3]! + d[5]! + d[7]!
  const tenth = (((odd * 7 - even) % 10) + 10) % 10
  return tenth === d[9] && (odd + even + d[9]!) % 10 === d[10]
}

function phone(match: string): string | undefined {
  const digits = match.replaceAll(/\D/g, '').length
  return digits >= 8 && digits <= 15 ? match : undefined
}
