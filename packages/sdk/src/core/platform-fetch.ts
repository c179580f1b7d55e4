import type { Fetch } from './options.js'
import { readText } from './read-text.js'

// The one for every platform but Node, which has `src/node/platform-fetch.ts`: `imports` in package.json tells which is taken.

/** Looked up for each call: tests and polyfills replace the global one. */
export const platformFetch: Fetch = (url, init) => globalThis.fetch(url, init as RequestInit)

/** The text of an answer of `platformFetch`, where reading it is known to end with the signal; undefined where that is not known. */
export function platformText({ body }: Response): Promise<string> | undefined {
  return typeof body?.getReader === 'function' ? readText(body) : undefined
}
