import { describe, expect, it } from 'vitest'
import { conforms, largeEvent, vectors } from './conformance.js'
import { ours } from './ours.js'
import { probes } from './probes.js'

/** Every row of the behaviour matrix and of the SSE table, for each of the five clients. */
describe.each(ours.map((subject) => [subject.name, subject] as const))('%s', (_, subject) => {
  it.concurrent.each(probes.map((probe) => [probe.name, probe] as const))('%s', { retry: 2, timeout: 60_000 }, async (_, probe) => {
    const cell = await probe.run(subject)
    if (cell === undefined) expect(probe.name.startsWith('stream: '), 'only streams may be absent').toBe(true)
    else expect(cell).toMatchObject({ says: expect.any(String), good: true })
  })
})

describe.each(ours.filter((subject) => subject.sse !== undefined).map((subject) => [subject.name, subject] as const))('SSE: %s', (_, subject) => {
  it.each(vectors.map((vector) => [vector.name, vector] as const))('%s', async (_, vector) => {
    expect(await conforms(subject, vector)).toMatchObject({ says: expect.any(String), good: true })
  })

  it('one event of 8 MB in 1 KiB chunks, whole and in linear time', { retry: 2 }, async () => {
    const { seconds, length } = await largeEvent(subject)
    expect(length).toBe(8 * 1024 * 1024)
    // Quadratic readers need 30 to 100 s; the exact time is the bench's business.
    expect(seconds).toBeLessThan(5)
  })
})
