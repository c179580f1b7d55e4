import { parseContentType } from '../kernel/request.js'
import type { Journal, JournalEntry } from './journal.js'
import { isSecretMember, REDACTED } from './redact.js'

/** What a request must look like. Absent members are not looked at. */
export interface RequestMatch {
  system?: string
  operation?: string
  method?: string
  /** The whole path, without the query. */
  path?: string
  status?: number
  /** By name; a text must be equal, a pattern must fit. */
  headers?: Readonly<Record<string, string | RegExp>>
  query?: Readonly<Record<string, string | RegExp>>
  /** A part of the JSON body: objects may hold more, arrays may not; patterns fit texts; a function decides by itself. */
  body?: unknown
  /** Only requests after this number of the journal. */
  since?: number
}

/** How often. Default: at least once. */
export interface Times {
  times?: number
  atLeast?: number
  atMost?: number
}

export interface Difference {
  /** `/operation`, `/status`, `/headers/<name>`, `/query/<name>`, or a JSON pointer under `/body`. */
  pointer: string
  expected: string
  actual: string
}

export interface Nearest {
  n: number
  request: string
  differences: Difference[]
}

export interface Verdict {
  verified: boolean
  count: number
  /** Why it is not verified: what was expected, and the nearest three requests with where they differ. */
  message?: string
  nearest?: Nearest[]
  /** Numbers of the requests that fit. */
  matched: number[]
}

/** What `mock.verify` throws. */
export class VerificationError extends Error {
  override readonly name = 'VerificationError'
  constructor(readonly verdict: Verdict) {
    super(verdict.message)
  }
}

export function verify(journal: Journal, match: RequestMatch, times: Times = {}): Verdict {
  const entries = journal.raw(match.since === undefined ? {} : { since: match.since })
  const compared = entries.map((entry) => ({ entry, differences: differences(entry, match) }))
  const matched = compared.filter(({ differences: found }) => found.length === 0).map(({ entry }) => entry.n)
  const count = matched.length
  const verified = times.times !== undefined ? count === times.times : count >= (times.atLeast ?? (times.atMost === undefined ? 1 : 0)) && count <= (times.atMost ?? Number.POSITIVE_INFINITY)
  if (verified) return { verified, count, matched }
  const nearest = compared
    .filter(({ differences: found }) => found.length > 0)
    .toSorted((a, b) => distance(a.differences) - distance(b.differences) || b.entry.n - a.entry.n)
    .slice(0, 3)
    .map(({ entry, differences: found }) => ({ n: entry.n, request: title(entry), differences: found }))
  const message = [
    `Expected ${label(match)} ${wanted(times)}, but there ${count === 1 ? 'was 1 such request' : `were ${count} such requests`} among ${entries.length}.`,
    ...(count > 0 ? [`Those that fit: ${matched.map((n) => `#${n}`).join(', ')}`] : []),
    ...(nearest.length > 0 ? ['Nearest others:'] : []),
    ...nearest.flatMap((near) => [`  ${near.request}`, ...near.differences.map((one) => `    ${one.pointer}: expected ${one.expected}, got ${one.actual}`)]),
  ].join('\n')
  return { verified, count, matched, nearest, message }
}

/** Requests that fit the matches one after the other; others may stand in between. */
export function verifyOrder(journal: Journal, matches: readonly RequestMatch[]): Verdict {
  const matched: number[] = []
  for (const [i, match] of matches.entries()) {
    const since = Math.max(matched.at(-1) ?? 0, match.since ?? 0)
    const verdict = verify(journal, { ...match, since })
    if (!verdict.verified) {
      const before = i === 0 ? '' : ` after #${since} (${label(matches[i - 1]!)})`
      return { ...verdict, matched, count: matched.length, message: `In order, step ${i + 1} of ${matches.length}${before}: ${verdict.message}` }
    }
    matched.push(verdict.matched[0]!)
  }
  return { verified: true, count: matched.length, matched }
}

/** Where a request is not as it must be. */
export function differences(entry: JournalEntry, match: RequestMatch): Difference[] {
  const out: Difference[] = []
  const differ = (pointer: string, expected: unknown, actual: unknown): void => void out.push({ pointer, expected: show(expected, pointer), actual: show(actual, pointer) })
  const same = (pointer: string, expected: unknown, actual: unknown): void => {
    if (expected !== undefined && expected !== actual) differ(pointer, expected, actual)
  }
  const [path = '', query = ''] = entry.path.split('?')
  same('/system', match.system, entry.system)
  same('/operation', match.operation, entry.operationId)
  same('/method', match.method?.toUpperCase(), entry.method)
  same('/path', match.path, path)
  same('/status', match.status, entry.status)
  for (const [name, expected] of Object.entries(match.headers ?? {})) {
    const actual = entry.headers[name.toLowerCase()]
    if (!fits(expected, actual)) differ(`/headers/${name.toLowerCase()}`, expected, actual === undefined ? undefined : REDACTED_HEADERS.test(name) ? REDACTED : actual)
  }
  const given = new URLSearchParams(query)
  for (const [name, expected] of Object.entries(match.query ?? {})) {
    const actual = given.get(name) ?? undefined
    if (!fits(expected, actual)) differ(`/query/${name}`, expected, actual)
  }
  if (match.body !== undefined) compare('/body', match.body, bodyOf(entry), differ)
  return out
}

const REDACTED_HEADERS = /^(?:authorization|cookie|x-api-key|x-csrf-token)$/i

function fits(expected: string | RegExp, actual: string | undefined): boolean {
  return actual !== undefined && (expected instanceof RegExp ? expected.test(actual) : expected === actual)
}

function bodyOf(entry: JournalEntry): unknown {
  if (entry.body === undefined) return undefined
  if (parseContentType(entry.headers['content-type']).type === 'application/x-www-form-urlencoded') return Object.fromEntries(new URLSearchParams(entry.body))
  try {
    return JSON.parse(entry.body) as unknown
  } catch {
    return entry.body
  }
}

function compare(pointer: string, expected: unknown, actual: unknown, differ: (pointer: string, expected: unknown, actual: unknown) => void): void {
  if (typeof expected === 'function') {
    if (!holds(expected as (value: unknown) => unknown, actual)) differ(pointer, expected, actual)
  } else if (expected instanceof RegExp) {
    if (typeof actual !== 'string' || !expected.test(actual)) differ(pointer, expected, actual)
  } else if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) differ(pointer, expected, actual)
    else if (actual.length !== expected.length) differ(`${pointer}/length`, expected.length, actual.length)
    else for (const [i, item] of expected.entries()) compare(`${pointer}/${i}`, item, actual[i], differ)
  } else if (expected !== null && typeof expected === 'object') {
    if (actual === null || typeof actual !== 'object' || Array.isArray(actual)) {
      differ(pointer, expected, actual)
      return
    }
    for (const [name, member] of Object.entries(expected)) {
      const at = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
      compare(at, member, Object.hasOwn(actual, name) ? (actual as Record<string, unknown>)[name] : undefined, differ)
    }
  } else if (!Object.is(expected, actual)) differ(pointer, expected, actual)
}

/** A function that throws on what it did not expect has said no. */
function holds(expected: (value: unknown) => unknown, actual: unknown): boolean {
  try {
    return expected(actual) === true
  } catch {
    return false
  }
}

function show(value: unknown, pointer: string): string {
  if (value === undefined) return 'nothing'
  if (value instanceof RegExp) return String(value)
  if (typeof value === 'function') return 'a body that the function takes'
  if (pointer.startsWith('/body') && isSecretMember(pointer.slice(pointer.lastIndexOf('/') + 1))) return REDACTED
  const text = JSON.stringify(value, (name, member: unknown) => (name !== '' && typeof member === 'string' && isSecretMember(name) ? REDACTED : member)) ?? String(value)
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}

/** Another operation is farther away than another body. */
function distance(found: readonly Difference[]): number {
  return found.reduce((sum, { pointer }) => sum + (pointer === '/operation' || pointer === '/system' ? 20 : pointer === '/path' || pointer === '/method' ? 10 : 1), 0)
}

function title(entry: JournalEntry): string {
  return `#${entry.n} ${entry.system} ${entry.operationId ?? `${entry.method} ${entry.path.split('?')[0]}`} -> ${entry.status}`
}

function label({ system, operation, method, path, since: _, ...rest }: RequestMatch): string {
  const what = [system, operation ?? [method, path].filter(Boolean).join(' ')].filter(Boolean).join(' ') || 'a request'
  const more = Object.entries(rest).filter(([, value]) => value !== undefined).map(([name, value]) => `${name} ${show(value, `/${name}`)}`)
  return more.length === 0 ? what : `${what} with ${more.join(', ')}`
}

function wanted({ times, atLeast, atMost }: Times): string {
  const count = (n: number): string => (n === 1 ? 'once' : `${n} times`)
  if (times !== undefined) return times === 0 ? 'never' : `exactly ${count(times)}`
  const parts = [...(atLeast !== undefined ? [`at least ${count(atLeast)}`] : []), ...(atMost !== undefined ? [`at most ${count(atMost)}`] : [])]
  return parts.join(' and ') || 'at least once'
}
