import { stat } from 'node:fs/promises'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { canonical } from './identity.js'
import { problemOf } from './prepare.js'
import { bareAddress, shownAddress } from './address.js'
import type { BatchState } from './state.js'
import type { JournalRecord } from './records.js'
import type { Item, Source, SourceEntry } from './types.js'

/** What listing the source adds to the journal. `data` holds bytes that came with the source, by number. */
export interface Listed {
  readonly n: number
  readonly record?: JournalRecord
  readonly data?: Uint8Array
}

interface Seen {
  readonly entry: SourceEntry
  readonly kind: Item['kind']
  readonly path: string
  readonly size?: number
  readonly mtime?: number
  readonly source?: string
  readonly problem?: { readonly code: string; readonly message: string }
}

const AT_ONCE = 64

/**
 * Lays what the source gives over what the journal holds. A file that is listed already and looks the same stays the item it is; one that
 * was never sent takes the new look; one that was sent and has changed since is a new item.
 */
export async function* listSource(source: Source, state: BatchState, root: string, now: () => number): AsyncGenerator<Listed> {
  const known = new Map<string, Item>()
  for (const item of state.items) known.set(keyOf(item.kind, item.path, item.params), item)
  const given = new Set<string>()
  let next = state.items.length
  for await (const seen of looks(source, root)) {
    const { entry, kind, path } = seen
    const key = keyOf(kind, path, entry.params)
    if (given.has(key)) continue
    given.add(key)
    const item = known.get(key)
    const fresh = item !== undefined && (item.state === 'planned' || item.state === 'failed') && item.sentAt === undefined && item.sameAs === undefined
    // An address that is fetched may have been signed anew; how long the file is shows when it is sent.
    const same = item !== undefined && (seen.source === undefined ? item.size === seen.size && item.mtime === seen.mtime : !fresh || item.source === seen.source)
    if (item !== undefined && (same || (seen.problem !== undefined && !fresh))) {
      if (entry.data !== undefined) yield { n: item.n, data: entry.data }
      continue
    }
    const n = fresh ? item.n : next++
    yield { n, record: recordOf(n, seen), ...(entry.data === undefined ? {} : { data: entry.data }) }
    if (seen.problem !== undefined) yield { n, record: { t: 'failed', n, at: now(), ...seen.problem, again: true } }
  }
}

/** A file that is fetched is called as its address ends, in plain characters. */
function nameOf(entry: SourceEntry, source: string | undefined): { name?: string } {
  if (entry.name !== undefined || source === undefined) return entry.name === undefined ? {} : { name: entry.name }
  const last = new URL(source).pathname.split('/').at(-1)!
  try {
    return { name: decodeURIComponent(last) || 'file' }
  } catch {
    return { name: last }
  }
}

/** Entries with their looks, in order, some of them taken at the same time. */
async function* looks(source: Source, root: string): AsyncGenerator<Seen> {
  let group: Promise<Seen>[] = []
  for await (const each of source) {
    group.push(look(typeof each === 'string' ? { path: each } : each, root))
    if (group.length < AT_ONCE) continue
    yield* await Promise.all(group)
    group = []
  }
  yield* await Promise.all(group)
}

async function look(entry: SourceEntry, root: string): Promise<Seen> {
  if (entry.url !== undefined && 'fetched' in entry) return { entry, kind: 'url', path: bareAddress(entry.url), source: entry.url, ...(entry.size === undefined ? {} : { size: entry.size }), ...(entry.problem ? { problem: entry.problem } : {}) }
  if (entry.url !== undefined) return { entry, kind: 'url', path: entry.url, ...(entry.problem ? { problem: entry.problem } : {}) }
  if (entry.data !== undefined) return { entry, kind: 'data', path: entry.path ?? entry.name ?? 'data', size: entry.data.byteLength }
  const path = portable(entry.path ?? '', root)
  if (entry.problem) return { entry, kind: 'file', path, problem: entry.problem }
  try {
    const found = await stat(resolve(root, path))
    const facts = { entry, kind: 'file' as const, path, size: found.size, mtime: found.mtimeMs }
    if (!found.isFile()) return { ...facts, problem: { code: 'NOT_A_FILE', message: `${path} is not a file` } }
    return found.size === 0 ? { ...facts, problem: { code: 'EMPTY_FILE', message: `${path} is empty` } } : facts
  } catch (error) {
    const { code, message } = problemOf(error, path)
    return { entry, kind: 'file', path, problem: { code, message } }
  }
}

function recordOf(n: number, { entry, kind, path, size, mtime, source }: Seen): JournalRecord {
  return {
    t: 'item', n, path,
    ...(kind === 'file' ? {} : { kind }),
    ...(source === undefined ? {} : { source }),
    ...(source === undefined || entry.sha256 === undefined ? {} : { expect: entry.sha256 }),
    ...nameOf(entry, source),
    ...(size === undefined ? {} : { size }),
    ...(mtime === undefined ? {} : { mtime }),
    ...(entry.params === undefined || Object.keys(entry.params).length === 0 ? {} : { params: entry.params }),
  }
}

/** Relative to the root where it is under it, with forward slashes: a journal can be read on another system. */
function portable(path: string, root: string): string {
  const inside = relative(root, resolve(root, path))
  const chosen = inside === '' || inside.startsWith('..') || isAbsolute(inside) ? resolve(root, path) : inside
  return sep === '/' ? chosen : chosen.replaceAll(sep, '/')
}

/** For systems that fetch documents themselves every text is an address. */
export async function* asUrls(source: Source): AsyncGenerator<SourceEntry> {
  for await (const each of source) yield typeof each === 'string' ? { url: each } : each.url === undefined && each.path !== undefined ? { ...each, url: each.path } : each
}

/** For systems that take files, addresses are those of files to be fetched. */
export async function* toFetch(source: Source): AsyncGenerator<SourceEntry | string> {
  for await (const each of source) {
    if (typeof each === 'string' || each.url === undefined) yield each
    else if (/^https?:$/.test(URL.canParse(each.url) ? new URL(each.url).protocol : '')) yield { ...each, fetched: true } as SourceEntry
    else yield { ...each, problem: { code: 'INVALID_ADDRESS', message: `${shownAddress(each.url)} is not an address that begins with https://` } }
  }
}

const keyOf = (kind: Item['kind'], path: string, params: Readonly<Record<string, unknown>> | undefined) => `${kind}\0${path}\0${params === undefined ? '' : canonical(params)}`
