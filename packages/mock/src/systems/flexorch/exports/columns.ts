import type { Members } from '../../../kernel/types.js'
import { cellOf } from './text.js'

export type Column =
  | { name: string; kind: 'number'; values: (number | null)[] }
  | { name: string; kind: 'text'; values: (string | null)[] }

/** The rows as columns of one type each: numbers where nothing else is in them, else texts. */
export function columnsFor(names: readonly string[], rows: readonly Members[]): Column[] {
  return names.map((name) => {
    const values = rows.map((row) => row[name] ?? null)
    const numeric = values.every((value) => value === null || typeof value === 'number') && values.some((value) => value !== null)
    return numeric ? { name, kind: 'number', values } : { name, kind: 'text', values: values.map((value) => (value === null ? null : cellOf(value))) }
  })
}
