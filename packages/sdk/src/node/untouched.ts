/** Whether the program has left Node's `fetch` as Node made it: who replaces it, or what it goes through, wants to see our requests there. */

type Global = Readonly<Record<PropertyKey, unknown>>

/** Where undici keeps the dispatcher of the process, by the version of its interface. Node's own fetch looks there too. */
const FIRST = /* @__PURE__ */ Symbol.for('undici.globalDispatcher.1')
const SECOND = /* @__PURE__ */ Symbol.for('undici.globalDispatcher.2')

const never = {}
const seen: { fetch: unknown; first: unknown; second: unknown; answer: boolean } = { fetch: never, first: never, second: never, answer: false }

/** Looked at for each call, since both may be replaced at any time; worked out anew only when one was. */
export function isFetchUntouched(): boolean {
  const { fetch, [FIRST]: first, [SECOND]: second } = globalThis as unknown as Global
  if (fetch !== seen.fetch || first !== seen.first || second !== seen.second) {
    Object.assign(seen, { fetch, first, second, answer: isNodesFetch(fetch) && isPlain(second) && (isPlain(first) || (isWrapper(first) && second !== undefined)) })
  }
  return seen.answer
}

/**
 * Node's loads undici from a module that only Node itself can load, and says so in its text: the same in 20, 22, 24 and 26. Another text is taken for another
 * function, a future Node's included: then requests go through it, as they would have without us. Without any (`--no-experimental-fetch`) nothing was replaced.
 */
export function isNodesFetch(fetch: unknown): boolean {
  return fetch === undefined || (typeof fetch === 'function' && /^(?:async )?function fetch\([^]*\brequire\('internal\/deps\/undici\/undici'\)/.test(Function.prototype.toString.call(fetch)))
}

/** None yet, or the agent that undici makes for itself: importing the package is enough for it to be there. A proxy of it, one that was composed and one with settings are the program's own. */
function isPlain(dispatcher: unknown): boolean {
  if (dispatcher === undefined) return true
  if (typeof dispatcher !== 'object' || dispatcher === null || dispatcher.constructor.name !== 'Agent') return false
  const agent = dispatcher as { dispatch?: unknown }
  if (agent.dispatch !== (Object.getPrototypeOf(agent) as typeof agent).dispatch) return false
  const own = new Map(Object.getOwnPropertySymbols(agent).map((symbol) => [symbol.description, (agent as Global)[symbol]]))
  const options = own.get('options')
  if (typeof options !== 'object' || options === null || (own.get('factory') as { name?: unknown } | undefined)?.name !== 'defaultFactory') return false
  return Object.entries(options).every(([name, value]) => value === undefined || (name === 'maxOrigins' && value === Infinity))
}

/** What undici 8 puts in the first place around the agent that it puts in the second. */
const isWrapper = (dispatcher: unknown) => (dispatcher as object | null)?.constructor.name === 'Dispatcher1Wrapper'
