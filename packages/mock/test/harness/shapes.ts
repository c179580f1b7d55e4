import type { SystemName } from '../../src/systems/index.js'
import type { Answer } from './arena.js'
import { documentOf, type Json } from './documents.js'

const KLAREFI_TYPES: Readonly<Record<number, string>> = { 400: 'validation_error', 401: 'authentication_error', 402: 'billing_error', 403: 'authorization_error', 404: 'not_found', 428: 'precondition_error', 429: 'rate_limit_error', 500: 'internal_error' }

/** What departs from the vendor's error shape, or `undefined`. */
const shapes: Readonly<Record<SystemName, (body: Json, status: number) => string | undefined>> = {
  orca: (body) => members(body, ['data', 'error', 'meta']) ?? members(body.error, ['code', 'message']) ?? (body.data === null && Object.keys(body.meta).length === 0 ? undefined : 'data is null and meta empty'),
  orckai: (body) => members(body, ['success', 'error', 'code']) ?? (body.success === false && typeof body.error === 'string' ? undefined : 'success is false, error a sentence'),
  flexorch: (body) => members(body, ['error']) ?? members(body.error, body.error?.min_plan === undefined ? ['code', 'message'] : ['code', 'message', 'min_plan']),
  klarefi: (body, status) =>
    members(body, ['error']) ?? members(body.error, ['type', 'code', 'message', 'request_id'])
    ?? (KLAREFI_TYPES[status] !== undefined && body.error.type !== KLAREFI_TYPES[status] ? `type ${body.error.type} for ${status}` : String(body.error.request_id).startsWith('req_') ? undefined : 'request_id begins with req_'),
  orbiter: (body) => members(body, ['error']) ?? members(body.error, ['code', 'message', 'details']),
}

/** Where a failure departs from how the vendor writes one: members, types, a documented code with its documented status (unless the request was `unread`: no HTTP). */
export function errorFault(system: SystemName, answer: Answer, unread = false): string | undefined {
  if (answer.body === undefined) return `status ${answer.status} has no JSON body: ${answer.text.slice(0, 80)}`
  const fault = shapes[system](answer.body, answer.status)
  if (fault !== undefined) return `${fault}: ${answer.text.slice(0, 200)}`
  const { errors } = documentOf(system)['x-orkit']
  const code = codeOf(system, answer)
  const documented = errors.codes[code]
  // What HTTP itself asks for has no code of its own in most documents: it goes by a kindred one.
  if (documented && !unread && documented.status !== answer.status && ![404, 405, 406, 408, 413, 415, 426, 431].includes(answer.status)) return `code ${code} belongs to ${documented.status}, sent with ${answer.status}`
  const message = at(answer.body, errors.message)
  return typeof message === 'string' && message !== '' ? undefined : `the message is missing: ${answer.text.slice(0, 200)}`
}

export function codeOf(system: SystemName, answer: Answer): string {
  return at(answer.body, documentOf(system)['x-orkit'].errors.code) as string
}

function at(value: Json, pointer: string): Json {
  return pointer.split('/').slice(1).reduce((inner: Json, key) => inner?.[key], value)
}

/** Exactly these members, and no other. */
function members(value: Json, names: readonly string[]): string | undefined {
  if (typeof value !== 'object' || value === null) return `expected an object with ${names.join(', ')}`
  const found = Object.keys(value).toSorted().join(', ')
  return found === [...names].toSorted().join(', ') ? undefined : `expected the members ${names.join(', ')}, found ${found}`
}
