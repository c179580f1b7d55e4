import { member } from './plain.js'

/** The first `max` rows: the source is left alone after that. */
export async function* take(rows: AsyncIterable<unknown> | Iterable<unknown>, max: number | undefined): AsyncGenerator<unknown> {
  let count = 0
  if (max === 0) return
  for await (const row of rows) {
    yield row
    if (++count === max) return
  }
}

/** Takes the asked-for members out of rows, in the order in which they were asked for, and knows which of them no row had. */
export class Picker {
  private readonly missing: Set<string>
  private known: readonly string[] = []

  constructor(private readonly fields: readonly string[] | undefined) {
    this.missing = new Set(fields)
  }

  pick = (row: unknown): unknown => {
    if (!this.fields || !isObject(row)) return row
    if (this.known.length === 0) this.known = Object.keys(row)
    return Object.fromEntries(
      this.fields.map((name) => {
        const value = member(row, name)
        if (value !== undefined) this.missing.delete(name)
        return [name, value ?? null]
      }),
    )
  }

  /** What to say of fields that were asked for in vain. */
  complaint(): string | undefined {
    if (this.known.length === 0 || this.missing.size === 0) return undefined
    return `warning: nothing here has ${[...this.missing].map((name) => `'${name}'`).join(', ')}. There is ${this.known.join(', ')}.`
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
