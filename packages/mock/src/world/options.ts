import type { JobMode } from '../effects/jobs.js'

export type RateLimits = 'off' | 'documented' | number

/** What may be chosen about a world; the same for all its systems. */
export interface WorldOptions {
  seed: string
  /** Checks every answer against the document; a mismatch is a 500. */
  strict: boolean
  rateLimits: RateLimits
  /** Milliseconds before each answer, or bounds between which it is drawn. */
  latency: number | readonly [number, number]
  /** Share of the requests, from 0 to 1, that a misfortune befalls. */
  chaos: number
  jobs: JobMode
  /** Milliseconds between the pieces of a text stream. */
  streamDelay: number
  /** Sends a webhook; `undefined` where there is no network. */
  send: ((url: string, init: { method: string; headers: Record<string, string>; body: string; signal?: AbortSignal }) => Promise<{ status: number }>) | undefined
  /** Who may receive webhooks. */
  webhookTargets: 'loopback' | 'any'
}

export const DEFAULTS: WorldOptions = {
  seed: 'orkit',
  strict: false,
  rateLimits: 'documented',
  latency: 0,
  chaos: 0,
  jobs: { by: 'clock', duration: 1_200 },
  streamDelay: 8,
  send: undefined,
  webhookTargets: 'loopback',
}
