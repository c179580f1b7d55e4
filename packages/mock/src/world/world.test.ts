import { describe, expect, it } from 'vitest'
import { client, fixture } from '../../test/fixture.js'
import { Reply } from '../kernel/reply.js'
import { Clock } from './clock.js'
import { Ids } from './ids.js'
import { Journal, JOURNAL_BODY_CAP } from './journal.js'
import { DEFAULTS } from './options.js'
import { World } from './world.js'

/** Milliseconds of the fastest of a few runs: the machine may be busy with other things. */
function best(run: () => unknown): number {
  return Math.min(...Array.from({ length: 7 }, () => {
    const start = performance.now()
    run()
    return performance.now() - start
  }))
}

/** Does a little of everything and tells what was answered. */
async function story({ call }: ReturnType<typeof client>, pause: () => Promise<unknown> = async () => {}): Promise<string> {
  const out: unknown[] = []
  for (const [method, path, body] of [['POST', '/items', { name: 'a' }], ['GET', '/items?limit=3'], ['DELETE', '/items/i1'], ['POST', '/login', { email: 'ada@example.com', password: 'secret' }], ['GET', '/items/i1'], ['PUT', '/items/i2', { name: 'b' }], ['GET', '/items']] as const) {
    const reply = await call(method, path, body === undefined ? {} : { body })
    out.push(reply.status, reply.body, [...reply.headers])
    await pause()
  }
  return JSON.stringify(out)
}

describe('a world', () => {
  it('tells the same story every time, also after a reset', async () => {
    const one = client({ rateLimits: 'documented' })
    one.world.system(fixture)
    const fresh = one.world.hash()
    const told = await story(one)
    expect(one.world.hash()).not.toBe(fresh)
    one.world.faults.add({ status: 500 })
    await one.world.clock.advance(1000)
    one.world.reset()
    expect(one.world.hash()).toBe(fresh)
    expect(one.world.journal.entries()).toEqual([])
    expect(await story(one)).toBe(told)
    expect(await story(client({ rateLimits: 'documented' }))).toBe(told)
    expect(await story(client({ seed: 'another', rateLimits: 'documented' }))).not.toBe(told)
  })

  it('is alone: two that take turns tell what each tells by itself', async () => {
    const alone = await story(client())
    const [one, two] = [client(), client()]
    const both = await Promise.all([story(one, () => new Promise(setImmediate)), story(two, () => new Promise(setImmediate))])
    expect(both).toEqual([alone, alone])
  })

  it('survives being written down', async () => {
    const one = client({ rateLimits: 'documented' })
    await story(one)
    const text = JSON.stringify(one.world.snapshot())
    const two = client({ rateLimits: 'documented' })
    two.world.restore(JSON.parse(text))
    two.world.system(fixture)
    expect(two.world.hash()).toBe(one.world.hash())
    expect(await two.call('GET', '/items?limit=5')).toMatchObject({ body: (await one.call('GET', '/items?limit=5')).body })
    expect((await two.call('POST', '/items', { body: { name: 'n' } })).body).toEqual((await one.call('POST', '/items', { body: { name: 'n' } })).body)
    expect(() => two.world.restore({ ...JSON.parse(text), version: 99 })).toThrow('99')
    expect(() => two.world.restore({} as never)).toThrow('no snapshot')
  })

  it('resets fast and copies ten thousand objects fast', () => {
    const world = new World('w', DEFAULTS)
    const system = world.system(fixture)
    for (let i = 0; i < 10_000; i++) system.store.collection('items').insert({ id: `x${i}`, name: 'n', color: 'red' })
    expect(best(() => world.restore(world.snapshot()))).toBeLessThan(250)
    expect(best(() => world.reset())).toBeLessThan(10)
    expect(system.store.collection('items').size).toBe(6)
  })
})

describe('Clock', () => {
  it('rings in order, each at its own time', async () => {
    const clock = new Clock({ offset: 1_000, frozen: true })
    const seen: [string, number][] = []
    clock.at(1_300, () => seen.push(['late', clock.now()]))
    clock.at(1_100, () => {
      seen.push(['early', clock.now()])
      clock.at(1_200, () => seen.push(['between', clock.now()]))
    })
    await clock.advance(1_000)
    expect(seen).toEqual([['early', 1_100], ['between', 1_200], ['late', 1_300]])
    expect(clock.now()).toBe(2_000)
  })

  it('goes on from where it stands', async () => {
    const clock = new Clock()
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(50)
    await clock.advance(3_600_000)
    expect(clock.now() - Date.now()).toBeGreaterThan(3_599_000)
    clock.freeze()
    const at = clock.now()
    await new Promise((resolve) => setTimeout(resolve, 15))
    expect(clock.now()).toBe(at)
    clock.resume()
    await clock.sleep(20)
    expect(clock.now()).toBeGreaterThanOrEqual(at + 19)
    expect(clock.alarms).toBe(0)
  })

  it('a 41 hour schedule takes no time', async () => {
    const clock = new Clock({ offset: 0, frozen: true })
    let rings = 0
    const again = (): void => {
      rings++
      if (rings < 41) clock.at(clock.now() + 3_600_000, again)
    }
    clock.at(3_600_000, again)
    const start = performance.now()
    await clock.advance(41 * 3_600_000)
    expect(rings).toBe(41)
    expect(performance.now() - start).toBeLessThan(100)
  })
})

it('ids follow from seed, kind and ordinal alone', () => {
  const [one, two] = [new Ids('s', {}), new Ids('s', {})]
  one.uuid('noise')
  expect(one.uuid('agents')).toBe(two.uuid('agents'))
  expect(one.uuid('agents')).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  const many = new Set(Array.from({ length: 5_000 }, () => one.hex('k', 12)))
  expect(many.size).toBe(5_000)
})

it('a page of a hundred thousand costs what a page costs', () => {
  const filled = (count: number) => {
    const items = new World('w', DEFAULTS).system(fixture).store.collection('items')
    for (let i = 0; i < count; i++) items.insert({ id: `x${i}`, name: 'n' })
    return items
  }
  const pages = (items: ReturnType<typeof filled>, after: number) => best(() => {
    for (let i = 0; i < 500; i++) items.slice({ owner: 'main', after, limit: 20 })
  })
  const [few, many] = [filled(100), filled(100_000)]
  expect(many.slice({ owner: 'main', after: 50_000, limit: 20 })).toHaveLength(20)
  pages(few, 50)
  expect(pages(many, 50_000)).toBeLessThan(Math.max(5 * pages(few, 50), 20))
})

it('a journal keeps the beginning of what was downloaded', () => {
  const journal = new Journal()
  const answer = (body: string | Uint8Array): Reply => {
    const entry = journal.add({ at: 0, system: 'x', method: 'GET', path: '/', headers: {}, status: 200 })
    journal.done(entry, Reply.raw(200, body, { 'content-type': 'text/csv' }))
    return journal.answer(entry.n)!
  }
  expect(answer('a'.repeat(1_000_000))).toMatchObject({ status: 200, headers: { 'content-type': 'text/csv' }, body: 'a'.repeat(JOURNAL_BODY_CAP) })
  expect(answer(new Uint8Array(1_000_000)).body).toHaveLength(0)
  expect(answer(new Uint8Array(10)).body).toHaveLength(10)
})
