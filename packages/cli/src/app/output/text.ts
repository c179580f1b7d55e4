import stringWidth from 'string-width'

/** Width in terminal cells; wide characters and emoji count as the terminal draws them. */
export const width = (text: string): number => stringWidth(text)

/** Control characters, escapes included, that a server's text must not bring to a terminal. */
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/** Text of a server made safe for a terminal: control characters become visible escapes. Newlines and tabs stay. */
export const printable = (text: string): string => text.replace(control, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** Cuts to at most `cells`, never inside a character, with an ellipsis where something was cut. */
export function fit(text: string, cells: number): string {
  if (width(text) <= cells) return text
  let out = ''
  let used = 0
  for (const { segment } of segmenter.segment(text)) {
    const w = width(segment)
    if (used + w > cells - 1) break
    out += segment
    used += w
  }
  return `${out}…`
}

export const pad = (text: string, cells: number): string => text + ' '.repeat(Math.max(0, cells - width(text)))

/** A value as one cell: text as it is, structures as compact JSON, absent as nothing. */
export function cell(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'object') return JSON.stringify(value)
  return String(value)
}

/** The member at a dotted path; a member whose own name holds the dots wins. */
export function member(value: unknown, path: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  if (Object.hasOwn(value, path)) return (value as Record<string, unknown>)[path]
  let at: unknown = value
  for (const step of path.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined
    at = (at as Record<string, unknown>)[step]
  }
  return at
}
