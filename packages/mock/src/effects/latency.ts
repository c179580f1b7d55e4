import type { Random } from '../world/random.js'

/** Milliseconds to wait before an answer. */
export function latencyOf(latency: number | readonly [number, number], random: Random): number {
  return typeof latency === 'number' ? latency : random.integer(latency[0], latency[1])
}
