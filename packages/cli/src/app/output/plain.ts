import { valueAt } from '../value-at.js'

/** What output needs of text without measuring it: measuring loads the tables of Unicode, which costs more than all the rest of a start. */

/** Control characters, escapes included, that a server's text must not bring to a terminal. */
// oxlint-disable-next-line no-control-regex
const control = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/** Text of a server made safe for a terminal: control characters become visible escapes. Newlines and tabs stay. */
export const printable = (text: string): string => text.replace(control, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)

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
  return valueAt(value, path)
}
