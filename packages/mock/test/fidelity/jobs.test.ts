import { describe, expect, it, vi } from 'vitest'
import { SYSTEM_NAMES, SYSTEMS } from '../../src/systems/index.js'
import { arena } from '../harness/arena.js'
import type { Json } from '../harness/documents.js'
import { ENDPOINT, type Outcome, stories, type Story } from './job-stories.js'

// Minutes of work on a busy machine, seconds on a quiet one.
vi.setConfig({ testTimeout: 120_000 })

// Every kind of job in every way of moving: polling, lists, event feeds and webhooks tell one story.

const DURATION = 4_000
const TICK = 50

interface Told {
  polled: string[]
  /** Last state by another operation, where there is one. */
  elsewhere: string | undefined
  /** Events of the job by the feed, and as webhooks brought them. */
  feed: string[] | undefined
  hooks: string[]
}

type Mode = 'clock' | 'polls' | 'manual' | 'immediate'
const MODES: Readonly<Record<Mode, Json>> = { clock: DURATION, polls: { polls: 12 }, manual: 'manual', immediate: 'immediate' }

async function play(story: Story, outcome: Outcome, mode: Mode): Promise<Told> {
  const hooks: string[] = []
  const at = await arena(story.system, { jobDuration: MODES[mode], webhookTargets: 'any', send: async (url, init) => {
    const { event, event_type } = JSON.parse(init.body) as Json
    if (url === ENDPOINT) hooks.push(event ?? String(event_type).replace(/^v1\./, ''))
    return { status: 200 }
  } })
  const id = await story.begin(at, outcome)
  const { jobs } = at.mock.world().system(await SYSTEMS[story.system].load())
  const polled: string[] = []
  for (let i = 0; i < (3 * DURATION) / TICK + 10; i++) {
    const state = await story.poll(at, id)
    if (polled.at(-1) !== state) polled.push(state)
    if (mode === 'manual') jobs.step(story.kind, id)
    await at.mock.advance(mode === 'clock' ? TICK : 1)
    if (jobs.view(story.kind, id)?.done && polled.at(-1) === (await story.poll(at, id))) break
  }
  await at.mock.world().idle()
  const view = jobs.view(story.kind, id)!
  expect(view.done, `${story.kind} has ended`).toBe(true)
  expect(view.outcome, `${story.kind} ended so in the engine`).toBe(outcome === 'failure' ? 'failure' : 'success')
  const told = { polled, elsewhere: await story.elsewhere?.(at, id), feed: await story.told?.(at, id), hooks }
  await at.mock.close()
  return told
}

it('there is a story for every kind of job', async () => {
  for (const system of SYSTEM_NAMES) {
    const { definition } = await SYSTEMS[system].load()
    const kinds = (definition.resources ?? []).flatMap(({ jobs }) => Object.keys(jobs ?? {}))
    expect(stories.filter((story) => story.system === system).map(({ kind }) => kind).toSorted(), system).toEqual(kinds.toSorted())
  }
})

for (const story of stories) {
  describe(`${story.system}: ${story.kind}`, () => {
    for (const [outcome, states] of Object.entries(story.states) as [Outcome, readonly string[]][]) {
      it(`tells ${states.join(', ')} on ${outcome}, by the clock, by polls, by hand and at once`, async () => {
        for (const mode of Object.keys(MODES) as Mode[]) {
          const told = await play(story, outcome, mode)
          expect(told.polled, mode).toEqual(mode === 'immediate' ? [states.at(-1)] : states)
          if (told.elsewhere !== undefined) expect(AGREES[story.kind]?.[told.elsewhere] ?? [told.elsewhere], `${mode}: elsewhere`).toContain(states.at(-1))
          if (told.feed) expect(told.feed, `${mode}: the feed`).toEqual(story.events![outcome])
          expect(told.hooks, `${mode}: webhooks`).toEqual((story.events?.[outcome] ?? []).filter((type) => !story.feedOnly?.includes(type)))
        }
      })
    }
  })
}

/** What another operation says of a job in its last state, where it is not the same word. */
const AGREES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  report: { 'not there': ['failed'] },
  index: { 'not there': ['failed'] },
  build: { ready: ['completed'] },
  process: { completed: ['completed', 'degraded'] },
  case: { 'not there': ['failed', 'needs_review'] },
}
