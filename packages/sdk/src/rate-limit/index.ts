/** Queues calls instead of running into the vendors' limits. Loaded only by who wants it. */
export { rateLimit, type RateLimitOptions } from './policy.js'
export { Meter, type RateWindow, type Sighting, type WindowState } from './meter.js'
export { memoryRateLimitStore, type RateLimitStore } from './store.js'
export { RateLimitError } from '../core/errors/api.js'
export type { LocalLimit } from '../core/rate-limits.js'
