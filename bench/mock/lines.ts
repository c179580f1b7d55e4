export interface Line {
  measure: string
  value: number
  bar: number
  ok: boolean
  peer: string
  runs: number
  /** What the figure is in its own unit. */
  detail?: string
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** A measure with its bar: at least it (`min`) or at most it (`max`). */
export function line(measure: string, value: number, bar: number, kind: 'min' | 'max', peer: string, runs: number, detail?: string): Line {
  const rounded = Math.round(value * 1000) / 1000
  return { measure, value: rounded, bar, ok: kind === 'min' ? rounded >= bar : rounded <= bar, peer, runs, ...(detail !== undefined && { detail }) }
}
