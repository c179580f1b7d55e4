import type { Fetch } from './options.js'

/** Looked up for each call: tests and polyfills replace the global one. */
export const platformFetch: Fetch = (url, init) => globalThis.fetch(url, init as RequestInit)
