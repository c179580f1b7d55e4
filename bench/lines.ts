/** What the benches print, and how they compare. */

/** One line of the result. `value` is what the bar is about; `peer` what it was measured against. */
export interface Line {
  readonly measure: string
  readonly value: number
  readonly bar: string
  readonly ok: boolean
  readonly peer: string
  readonly runs: number
  /** What the figure is in its own unit. */
  readonly detail?: string
}

/** `atMost` and `atLeast` include their limit, `below` does not; null is for what is only shown. */
export function line(measure: string, value: number, bar: { readonly atMost: number } | { readonly atLeast: number } | { readonly below: number } | null, unit: string, peer: string, runs: number, detail?: string): Line {
  const rest = { measure, value: Number(value.toPrecision(3)), peer, runs, ...(detail === undefined ? {} : { detail }) }
  if (bar === null) return { ...rest, bar: 'none', ok: true }
  if ('atMost' in bar) return { ...rest, bar: `<= ${bar.atMost} ${unit}`, ok: value <= bar.atMost }
  if ('atLeast' in bar) return { ...rest, bar: `>= ${bar.atLeast} ${unit}`, ok: value >= bar.atLeast }
  return { ...rest, bar: `< ${bar.below} ${unit}`, ok: value < bar.below }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The median ratio of two measurements taken in turn; which of the two goes first changes from pair to pair. */
export async function ratioOfPairs(ours: () => Promise<number>, peer: () => Promise<number>, pairs: number): Promise<number> {
  const ratios: number[] = []
  for (let pair = 0; pair < pairs; pair++) {
    let a: number
    let b: number
    if (pair % 2 === 0) {
      a = await ours()
      b = await peer()
    } else {
      b = await peer()
      a = await ours()
    }
    ratios.push(a / b)
  }
  return median(ratios)
}
