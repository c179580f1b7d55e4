import type { HeaderReader } from './headers.js'
import type { SystemProfile } from './operation.js'


const DATE = /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? |\d{4}-\d\d-\d\dT)/
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/

/** `Retry-After` in milliseconds from now: seconds, decimals, or a date in any of the three HTTP forms. A date in the past is 0; anything else is undefined. */
export function parseRetryAfter(value: string | null | undefined, now: number): number | undefined {
  const text = value?.trim()
  if (!text) return undefined
  if (/^\d+(\.\d+)?$/.test(text)) return Math.ceil(Number(text) * 1000)
  if (!DATE.test(text)) return undefined
  // asctime names no zone, and HTTP means GMT.
  const date = Date.parse(ASCTIME.test(text) ? `${text} GMT` : text)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** When the window resets, as epoch milliseconds; undefined where the vendor's header is absent or not to be trusted. */
export function parseReset(headers: HeaderReader, names: SystemProfile['rateLimits']['headers'], now: number): number | undefined {
  if (names.reset === undefined || names.resetUnit === 'untrusted') return undefined
  const text = headers.get(names.reset)?.trim()
  if (!text || !/^\d+(\.\d+)?$/.test(text)) return undefined
  const value = Number(text) * 1000
  return names.resetUnit === 'seconds' ? now + value : value
}

/** How long a refusal asks to wait: `retry-after-ms`, then `Retry-After`, then (for 429) the reset of the window. */
export function readRetryAfter(headers: HeaderReader, names: SystemProfile['rateLimits']['headers'], status: number, now: number): number | undefined {
  const ms = headers.get('retry-after-ms')?.trim()
  if (ms && /^\d+(\.\d+)?$/.test(ms)) return Math.ceil(Number(ms))
  const asked = parseRetryAfter(headers.get(names.retryAfter ?? 'retry-after'), now)
  if (asked !== undefined || status !== 429) return asked
  const reset = parseReset(headers, names, now)
  return reset === undefined ? undefined : Math.max(0, reset - now)
}
