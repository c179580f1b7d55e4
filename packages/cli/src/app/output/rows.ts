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

/** The asked-for members of a row, in the order in which they were asked for. */
export const pick = (row: unknown, fields: readonly string[] | undefined): unknown =>
  fields && isObject(row) ? Object.fromEntries(fields.map((name) => [name, member(row, name) ?? null])) : row

export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
