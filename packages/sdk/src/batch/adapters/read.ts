import type { Owner } from '../adapters.js'
import { at } from '../../core/pointer.js'

/** Text of a member, numbers included; undefined for anything else and for nothing. */
export function text(value: unknown, pointer: string): string | undefined {
  const found = at(value, pointer)
  if (typeof found === 'number') return String(found)
  return typeof found === 'string' && found !== '' ? found : undefined
}

export function number(value: unknown, pointer: string): number | undefined {
  const found = at(value, pointer)
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined
}

/** A time as epoch milliseconds. Text without a zone is UTC, `2026-01-23 09:00:00` included. */
export function time(value: unknown, pointer: string): number | undefined {
  const found = text(value, pointer)
  if (found === undefined) return undefined
  const iso = found.trim().replace(' ', 'T')
  const parsed = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/i.test(iso) || !iso.includes('T') ? iso : `${iso}Z`)
  return Number.isNaN(parsed) ? undefined : parsed
}

/** The first pointer that leads to text. */
export function firstText(value: unknown, ...pointers: readonly string[]): string | undefined {
  for (const pointer of pointers) {
    const found = text(value, pointer)
    if (found !== undefined) return found
  }
  return undefined
}

/** The owner that an answer is about, by its id. */
export function ownerFrom(answer: unknown, what: string, name: string): Owner | undefined {
  const [id, called] = [text(answer, '/id'), text(answer, name)]
  return id === undefined ? undefined : { id: `${what} ${id}`, ...(called === undefined ? {} : { name: called }) }
}
