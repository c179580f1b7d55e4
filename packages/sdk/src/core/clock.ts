import { offAbort, onAbort } from './signals.js'

/** Time and chance, injected wherever a policy needs them. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** A number in [0, 1). */
  random(): number
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** Resolves after `ms` milliseconds; rejects with the signal's reason when it is aborted first, and leaves no timer behind. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const stop = () => {
      clearTimeout(timer)
      reject(signal?.reason)
    }
    const timer = setTimeout(() => {
      if (signal !== undefined) offAbort(signal, stop)
      resolve()
    }, ms)
    if (signal !== undefined) onAbort(signal, stop)
  })
}

/** The machine's own time, `Math.random` and `setTimeout`: the default of every client. */
export const systemClock: Clock = { now: () => Date.now(), random: () => Math.random(), sleep }
