import { systemClock, type Clock } from '../core/clock.js'
import { timedOut, waitFor, type Attempt } from '../core/deadline.js'
import { ApiError, RateLimitError } from '../core/errors/api.js'
import { InvalidArgumentError } from '../core/errors/base.js'
import { count } from '../core/errors/response.js'
import type { SystemProfile } from '../core/operation.js'
import { limitsOf, type Call, type Policy, type PolicyHost, type Reply, type Send } from '../core/pipeline.js'
import type { LocalLimit } from '../core/rate-limits.js'
import { parseReset, type HeaderReader } from '../core/retry-after.js'
import { identityOf, laneKey } from './identity.js'
import { Lane } from './lane.js'
import type { RateWindow, Sighting } from './meter.js'
import { memoryRateLimitStore, type RateLimitStore } from './store.js'

export interface RateLimitOptions {
  /** Where the counts are kept. Default: this process, shared by all clients of a credential. Give one that several processes share. */
  store?: RateLimitStore
  /**
   * The longest that the first in the queue waits for a free place, in milliseconds; beyond it a `RateLimitError` (code `client_rate_limit`) says when to
   * try again. 0 fails at once instead of queueing. Default 300 000. A call's own `deadline` holds as well.
   */
  maxWait?: number
  /** Category -> windows, in place of the documented ones: for a plan with other limits. An empty list lifts them. */
  limits?: Readonly<Record<string, readonly RateWindow[]>>
  /** Requests under way at once, by category, in place of the documented number. */
  concurrent?: Readonly<Record<string, number>>
}

interface Place {
  readonly key: string
  readonly windows: readonly RateWindow[]
  readonly lane: Lane
  readonly category: string
}

const MAX_WAIT = 300_000
const shared = /* @__PURE__ */ memoryRateLimitStore()
const lanes = new WeakMap<RateLimitStore, Map<string, Lane>>()

/**
 * Keeps calls within the limits instead of running into them: `new Orckai({ policies: [rateLimit()] })`. It starts from the documented windows of the
 * operation's category, all of them at once, follows what `X-RateLimit-*` and refusals say, and queues what does not fit: fair between clients,
 * first come first served within each, gone from the queue when aborted. Every client with this policy and the same credential shares one budget.
 */
export function rateLimit(options: RateLimitOptions = {}): Policy {
  const { store = shared, maxWait = MAX_WAIT } = options
  if (!(maxWait >= 0)) throw new InvalidArgumentError('maxWait must be 0 ms or more')
  const owner = {}
  const places = new Map<string, Place>()
  let clock: Clock = systemClock
  let credentials: Readonly<Record<string, unknown>> = {}
  let identity: Promise<string> | undefined

  const placeOf = async (call: Call): Promise<Place | undefined> => {
    const { profile, op } = call
    const category = op.limit ?? profile.rateLimits.default ?? 'default'
    const known = profile.rateLimits.categories[category]
    const windows = options.limits?.[category] ?? known?.windows ?? []
    const concurrent = signsIn(profile, op.id) ? Infinity : options.concurrent?.[category] ?? known?.concurrent ?? Infinity
    if (windows.length === 0 && concurrent === Infinity) return undefined
    const host = new URL(call.url).host
    const name = `${host}|${category}|${concurrent === Infinity}`
    const found = places.get(name)
    if (found !== undefined) return found
    const key = laneKey(profile, host, category, known?.key ?? 'credential', await (identity ??= identityOf(profile, credentials)))
    let open = lanes.get(store)
    if (open === undefined) lanes.set(store, open = new Map())
    // Lanes are shared like the counts are, so that one queue is fair to all clients.
    const laneName = `${key}|${concurrent}|${windows.map(({ requests, seconds }) => `${requests}/${seconds}`).join()}`
    let lane = open.get(laneName)
    if (lane === undefined) open.set(laneName, lane = new Lane(concurrent, (now) => store.take(key, windows, now)))
    const place = { key, windows, lane, category }
    places.set(name, place)
    return place
  }

  const enter = async (call: Call, { lane, category }: Place): Promise<void> => {
    if (await lane.tryNow(clock.now())) return
    let quit: (() => void) | undefined
    const turn = new Promise<void>((resolve, reject) => {
      quit = lane.join({
        owner, maxWait, clock, deadlineAt: call.deadlineAt, go: resolve,
        refuse: (wait, why) => reject(why === 'deadline' ? timedOut(limitsOf(call), true) : tooLong(call, category, wait)),
      })
    })
    let here = false
    void turn.then(() => { here = true }, () => undefined)
    try {
      await waitFor(turn, limitsOf(call), clock.now)
    } catch (error) {
      // It may have been let in at the very moment it left.
      await Promise.resolve()
      if (here) lane.leave()
      else quit!()
      throw error
    }
  }

  const observe = async ({ profile }: Call, { key, windows, lane }: Place, headers: HeaderReader, refusal: ApiError | undefined): Promise<void> => {
    const now = clock.now()
    const seen = sighting(profile, headers, refusal, now)
    if (seen === undefined) return
    await Promise.resolve(store.learn(key, windows, seen, now)).catch(() => undefined)
    if (seen.notBefore === undefined) lane.wake()
  }

  const policy: Policy = async (call: Call, next: Send): Promise<Reply> => {
    const place = await placeOf(call)
    if (place === undefined) return next(call)
    await enter(call, place)
    let held = false
    try {
      const reply = await next(call)
      void observe(call, place, reply.response.headers, undefined)
      if (reply.attempt === undefined) return reply
      // A stream is under way until its end.
      held = true
      return { ...reply, attempt: releasing(reply.attempt, () => place.lane.leave()) }
    } catch (error) {
      if (error instanceof ApiError) await observe(call, place, { get: (name) => error.headers[name.toLowerCase()] ?? null }, error)
      throw error
    } finally {
      if (!held) place.lane.leave()
    }
  }
  return Object.assign(policy, {
    attach: (client: PolicyHost) => {
      clock = client._clock
      credentials = client._options as Readonly<Record<string, unknown>>
      client.rateLimits.local = () => [...places.values()].map(({ key, windows, lane, category }): LocalLimit => ({
        category, windows: store.state?.(key, windows, clock.now()) ?? [], inFlight: lane.inFlight, queued: lane.queued,
      }))
    },
  })
}

/** Sign-in happens while the call that needs it holds a place: it must not wait for one itself. */
function signsIn({ schemes }: SystemProfile, id: string): boolean {
  return Object.values(schemes).some(({ login, refresh, logout, totp, csrf }) => id === login || id === refresh || id === logout || id === totp || id === csrf?.operation)
}

/** What an answer says, in the vendor's names and unit; undefined when it says nothing. */
function sighting({ rateLimits: { headers: names } }: SystemProfile, headers: HeaderReader, refusal: ApiError | undefined, now: number): Sighting | undefined {
  const limit = count(headers, names.limit)
  const remaining = count(headers, names.remaining)
  const resetAt = parseReset(headers, names, now)
  const refused = refusal instanceof RateLimitError ? now + (refusal.retryAfterMs ?? 1_000) : undefined
  if (limit === undefined && refused === undefined) return undefined
  return { limit, remaining, resetAt, notBefore: refused } as Sighting
}

function tooLong(call: Call, category: string, retryAfterMs: number): RateLimitError {
  return new RateLimitError({
    system: call.profile.name, operation: call.op.id, status: 429, code: 'client_rate_limit', attempts: call.attempt - 1, retryAfterMs, idempotencyKey: call.idempotencyKey,
    message: `the ${category} limit is used up and the queue may not wait that long; nothing was sent`,
  } as ConstructorParameters<typeof RateLimitError>[0])
}

function releasing(attempt: Attempt, release: () => void): Attempt {
  let open = true
  const once = () => {
    if (open) release()
    open = false
  }
  return {
    get signal() { return attempt.signal },
    run: (work) => attempt.run(work),
    ended: () => attempt.ended(),
    stopClock: () => attempt.stopClock(),
    end: () => {
      attempt.end()
      once()
    },
    cancel: (reason) => {
      attempt.cancel(reason)
      once()
    },
  }
}
