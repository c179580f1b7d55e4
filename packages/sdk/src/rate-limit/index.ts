/** For stores that keep the counts of the rate limits outside the process. The limiting itself is part of every client: its option `rateLimit`. */
export { Meter, type RateWindow, type Sighting, type WindowState } from './meter.js'
export type { RateLimitOptions } from './options.js'
export { memoryRateLimitStore, type RateLimitStore } from './store.js'
export { RateLimitError } from '../core/errors/api.js'
export type { LocalLimit } from '../core/rate-limits.js'
