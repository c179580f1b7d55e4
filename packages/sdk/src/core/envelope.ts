import type { Operation, Pagination, SystemProfile } from './operation.js'
import { all, at, isObject } from './pointer.js'

/** Tolerant reading of success bodies: the envelope may be there or not, and a list may be a bare array. */

/** The result inside a success body. */
export function payloadOf(body: unknown, op: Operation, profile: SystemProfile): unknown {
  const pointer = op.payload ?? profile.payload
  if (pointer === '' || !isObject(body)) return body
  const found = at(body, pointer)
  if (found !== undefined) return found
  return body
}

/** A 2xx body that reports a failure: the payload is missing and there is an error code. */
export function isFailure(body: unknown, op: Operation, profile: SystemProfile): boolean {
  const pointer = op.payload ?? profile.payload
  if (pointer === '' || !isObject(body)) return false
  return (at(body, pointer) ?? null) === null && typeof at(body, profile.errors.code) === 'string'
}

/** The items of a list body; undefined when there is no list in it. */
export function itemsOf(body: unknown, info: Pagination, op: Operation, profile: SystemProfile): unknown[] | undefined {
  if (Array.isArray(body)) return body
  const found = at(body, info.items)
  if (Array.isArray(found)) return found
  if (body === undefined || found === null) return []
  const payload = payloadOf(body, op, profile)
  if (Array.isArray(payload)) return payload
  if (payload === null) return []
  const last = info.items.split('/').pop()!
  const candidates = isObject(payload) ? [payload[last], payload['items'], payload['data'], payload['results']] : []
  const list = candidates.find((each) => Array.isArray(each))
  return Array.isArray(list) ? list : undefined
}

/** The ids that a start answered, as strings: where the document says, else under the same name at the top. */
export function idsOf(payload: unknown, pointer: string): string[] {
  const name = pointer.split('/').pop()!
  for (const place of [pointer, `/${name}`, `/${name}s/*`]) {
    const found = all(payload, place).filter((id) => typeof id === 'string' || typeof id === 'number').map(String)
    if (found.length > 0) return found
  }
  return []
}
