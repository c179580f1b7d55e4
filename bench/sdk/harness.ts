import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** One line of the result. `value` is what the bar is about; `peer` what it was measured against. */
export interface Line {
  readonly measure: string
  readonly value: number
  readonly bar: string
  readonly ok: boolean
  readonly peer: string
  readonly runs: number
}

/** `atMost` and `atLeast` include their limit, `below` does not. */
export function line(measure: string, value: number, bar: { readonly atMost: number } | { readonly atLeast: number } | { readonly below: number }, unit: string, peer: string, runs: number): Line {
  const rounded = Number(value.toPrecision(3))
  if ('atMost' in bar) return { measure, value: rounded, bar: `<= ${bar.atMost} ${unit}`, ok: value <= bar.atMost, peer, runs }
  if ('atLeast' in bar) return { measure, value: rounded, bar: `>= ${bar.atLeast} ${unit}`, ok: value >= bar.atLeast, peer, runs }
  return { measure, value: rounded, bar: `< ${bar.below} ${unit}`, ok: value < bar.below, peer, runs }
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

/** Starts the server in a process of its own; gives its origin and what ends it. */
export async function startServer(): Promise<{ readonly origin: string; readonly stop: () => void }> {
  const child = fork(fileURLToPath(new URL('server.ts', import.meta.url)))
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(message as number))
    child.once('exit', (code) => reject(new Error(`the bench server ended with ${code}`)))
  })
  return { origin: `http://127.0.0.1:${port}`, stop: () => void child.kill() }
}
