import { describe, expect, it } from 'vitest'
import { Budget } from './budget.js'

/** A meter that charges so much for each item that was taken. */
function metered(max: number, costs: readonly number[]) {
  let [used, sent] = [1_000, 0]
  let reads = 0
  const budget = new Budget(max, async () => (reads++, used))
  return {
    reads: () => reads,
    used: () => used - 1_000,
    async run() {
      while (sent < costs.length && (await budget.take())) {
        used += costs[sent++]!
        budget.settled(true)
      }
      return sent
    },
  }
}

describe('budget', () => {
  it('lets through what fits, and asks the meter seldom', async () => {
    const { run, reads, used } = metered(100, Array.from({ length: 500 }, () => 1))
    expect(await run()).toBe(100)
    expect(used()).toBe(100)
    expect(reads()).toBeLessThanOrEqual(30)
  })

  it('learns what items cost: it never goes over by more than one dear item could', async () => {
    const { run, used } = metered(100, Array.from({ length: 500 }, (_, index) => (index < 5 ? 15 : 3)))
    await run()
    expect(used()).toBeGreaterThan(80)
    expect(used()).toBeLessThanOrEqual(115)
  })

  it('many at a time: those who do not fit wait for those under way', async () => {
    let used = 0
    const budget = new Budget(50, async () => used)
    const one = async () => {
      if (!(await budget.take())) return 0
      await new Promise((resolve) => setTimeout(resolve, 1))
      used += 2
      budget.settled(true)
      return 1
    }
    let sent = 0
    const worker = async () => {
      for (let done = await one(); done > 0; done = await one()) sent += done
    }
    await Promise.all(Array.from({ length: 8 }, worker))
    expect([sent, used]).toEqual([25, 50])
  })

  it('nothing fits: nothing is sent', async () => {
    expect(await metered(0, [1, 1]).run()).toBe(0)
  })
})
