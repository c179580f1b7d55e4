import type { RouteDocument } from '../kernel/document.js'
import type { Actor } from '../kernel/profile.js'
import type { RateLimits } from '../world/options.js'

/** `sliding`: a request counts for exactly the window's length. Otherwise a window begins with its first request and ends as a whole. */
type Category = RouteDocument['rateLimits']['categories'][string] & { readonly sliding?: boolean }

interface Window {
  /** When the window began; of a sliding one, the time of the oldest request in it. */
  start: number
  count: number
  seconds: number
  /** Of a sliding window: when each request came. */
  times?: number[]
}

/** What a request finds: how much is left, and how long to wait when nothing is. */
export interface Allowance {
  allowed: boolean
  limit: number
  remaining: number
  /** Milliseconds since the epoch at which the window ends. */
  reset: number
  /** Whole seconds to wait; at least 1 when refused. */
  wait: number
}

const PURGE_AT = 10_000

/** Counts requests in every documented window: N pass, the next does not. */
export class Limits {
  private windows = new Map<string, Window>()
  /** Requests under way; not part of a snapshot, since no request survives one. */
  private readonly running = new Map<string, number>()

  /** Counts one request against all windows of the category, or none if any is full. */
  take(category: string, { windows, concurrent, sliding }: Category, key: string, now: number): Allowance {
    const name = `${category}|${key}`
    let shown: Window | undefined
    let limit = 0
    let blocking: Window | undefined
    let most = 0
    const open: Window[] = []
    for (const { requests, seconds } of windows) {
      const window = this.window(`${name}|${seconds}`, seconds, now, sliding)
      open.push(window)
      if (!shown) [shown, limit] = [window, requests]
      // Of several full windows the one that ends last is what has to be waited for.
      if (window.count >= requests && (!blocking || end(window) > end(blocking))) [blocking, most] = [window, requests]
    }
    if (blocking) return { allowed: false, limit: most, remaining: 0, reset: end(blocking), wait: Math.max(1, Math.ceil((end(blocking) - now) / 1000)) }
    if (concurrent !== undefined && (this.running.get(name) ?? 0) >= concurrent) {
      return { allowed: false, limit: shown ? limit : concurrent, remaining: shown ? limit - shown.count : 0, reset: now + 1000, wait: 1 }
    }
    for (const window of open) count(window, now)
    return { allowed: true, limit, remaining: shown ? limit - shown.count : 0, reset: shown ? end(shown) : now, wait: 0 }
  }

  /** What `take` would find, without counting. */
  look(category: string, { windows }: Category, key: string, now: number): Allowance {
    const first = windows[0]
    if (!first) return { allowed: true, limit: 0, remaining: 0, reset: now, wait: 0 }
    const found = this.windows.get(`${category}|${key}|${first.seconds}`)
    if (found) slide(found, now)
    const current = found && end(found) > now ? found : { start: now, count: 0, seconds: first.seconds }
    return { allowed: current.count < first.requests, limit: first.requests, remaining: Math.max(0, first.requests - current.count), reset: end(current), wait: Math.max(0, Math.ceil((end(current) - now) / 1000)) }
  }

  /** A request begins; call the result when it ends. */
  begin(category: string, key: string): () => void {
    const name = `${category}|${key}`
    this.running.set(name, (this.running.get(name) ?? 0) + 1)
    let open = true
    return () => {
      if (!open) return
      open = false
      const left = this.running.get(name)! - 1
      if (left > 0) this.running.set(name, left)
      else this.running.delete(name)
    }
  }

  toJSON(): [string, Window][] {
    return [...this.windows]
  }

  restore(windows: readonly (readonly [string, Window])[]): void {
    this.windows = new Map(windows.map(([key, window]) => [key, { ...window, ...(window.times && { times: [...window.times] }) }]))
    this.running.clear()
  }

  private window(key: string, seconds: number, now: number, sliding: boolean | undefined): Window {
    const found = this.windows.get(key)
    if (found) slide(found, now)
    if (found && end(found) > now) return found
    if (this.windows.size > PURGE_AT) for (const [name, window] of this.windows) if (end(window) <= now) this.windows.delete(name)
    const fresh: Window = { start: now, count: 0, seconds, ...(sliding && { times: [] }) }
    this.windows.set(key, fresh)
    return fresh
  }
}

function count(window: Window, now: number): void {
  window.count++
  window.times?.push(now)
}

/** Lets go of the requests that a sliding window has left behind. */
function slide(window: Window, now: number): void {
  const { times, seconds } = window
  if (!times) return
  let gone = 0
  while (gone < times.length && times[gone]! + seconds * 1000 <= now) gone++
  if (gone > 0) times.splice(0, gone)
  window.count = times.length
  window.start = times[0] ?? now
}

function end(window: Window): number {
  return window.start + window.seconds * 1000
}

const uniform = new WeakMap<Category, { requests: number; category: Category }>()

/** The category that counts, as the world's `rateLimits` option has it; `own` windows take the place of the document's. */
export function categoryOf(document: RouteDocument, name: string | undefined, mode: RateLimits, own?: Category['windows'], sliding?: boolean): Category | undefined {
  const documented = name === undefined ? undefined : document.rateLimits.categories[name]
  if (documented === undefined) return undefined
  if (mode === 'off' || mode === 'documented') return sliding || own ? { ...documented, ...(sliding && { sliding }), ...(own && { windows: own }) } : documented
  let found = uniform.get(documented)
  if (found?.requests !== mode) {
    found = { requests: mode, category: { key: documented.key, ...(sliding && { sliding }), windows: documented.windows.length > 0 ? [{ requests: mode, seconds: 60 }] : [] } }
    uniform.set(documented, found)
  }
  return found.category
}

/** What a category counts by. */
export function limitKey(key: string, actor: Actor, ip: string): string {
  const named = counter(key, actor)
  return named ? `${key}:${named}` : `ip:${ip}`
}

function counter(key: string, actor: Actor): string | undefined {
  switch (key) {
    case 'credential':
      return actor.credential
    case 'organization':
      return actor.credential && actor.org
    case 'user':
      return actor.user ?? actor.credential
    case 'session':
      return actor.session ?? actor.credential
    default:
      return undefined
  }
}

const names = new WeakMap<RouteDocument['rateLimits'], { limit?: string; remaining?: string; reset?: string; retryAfter?: string }>()

/** Adds the headers of an allowance, in the vendor's names and unit. */
export function addLimitHeaders(out: Record<string, string | string[]>, limits: RouteDocument['rateLimits'], allowance: Allowance, now: number): void {
  const unit = limits.headers.resetUnit
  let lower = names.get(limits)
  if (!lower) {
    lower = Object.fromEntries(Object.entries(limits.headers).map(([key, name]) => [key, name.toLowerCase()]))
    names.set(limits, lower)
  }
  if (allowance.limit > 0) {
    if (lower.limit) out[lower.limit] = String(allowance.limit)
    if (lower.remaining) out[lower.remaining] = String(allowance.remaining)
    if (lower.reset) out[lower.reset] = resetOf(unit, allowance, now)
  }
  if (!allowance.allowed && lower.retryAfter) out[lower.retryAfter] = unit === 'untrusted' ? '1' : String(allowance.wait)
}

/** A vendor whose figure is not to be trusted always sends 1. */
function resetOf(unit: RouteDocument['rateLimits']['headers']['resetUnit'], allowance: Allowance, now: number): string {
  if (unit === 'untrusted') return '1'
  return String(unit === 'seconds' ? Math.max(0, Math.ceil((allowance.reset - now) / 1000)) : Math.ceil(allowance.reset / 1000))
}
