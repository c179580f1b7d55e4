import type { ApiClient } from './client.js'
import { ApiError } from './errors/api.js'
import type { Operation } from './operation.js'
import type { RequestOptions } from './options.js'
import type { Reply } from './pipeline.js'
import { pathNames, type PathParams } from './url.js'

/** Calls an operation with values that are told apart by their names. */
export function callByName(client: ApiClient, op: Operation, values: Readonly<Record<string, unknown>>, options: RequestOptions, read: 'text' | 'stream' = 'text'): Promise<Reply> {
  const names = new Set(pathNames(op.path))
  const entries = Object.entries(values)
  const path = Object.fromEntries(entries.filter(([name]) => names.has(name))) as PathParams
  return client._attempt(op, path, Object.fromEntries(entries.filter(([name]) => !names.has(name))), options, read)
}

/** The other operation of one that is not there; what it failed of otherwise. */
export async function callInstead(client: ApiClient, error: unknown, op: Operation, values: Record<string, unknown>, options: RequestOptions, read: 'text' | 'stream'): Promise<Reply> {
  const { operation, on } = op.fallback!
  const isAbsent = (each: unknown) => each instanceof ApiError && on.includes(each.status)
  const other = client._operation(operation)
  if (!isAbsent(error) || pathNames(other.path).some((name) => values[name] === undefined)) throw error
  try {
    return await callByName(client, other, values, options, read)
  } catch (second) {
    // Neither is there: the first answer is about the operation that was asked for.
    throw isAbsent(second) ? error : second
  }
}
