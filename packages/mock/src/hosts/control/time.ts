import { type Action, ok } from './action.js'
import { object, ref } from './schemas.js'
import { clockInfo } from './state.js'

const tag = 'Clock'
const answers = { 200: { description: 'Where it stands now', schema: ref('Clock') } }

export const timeActions: readonly Action[] = [
  {
    method: 'GET', path: '/clock', id: 'clock', tag, inProcess: ['clock.now'], summary: 'Tells the time of the world', reads: true, answers,
    run: ({ world }) => ok(clockInfo(world)),
  },
  {
    method: 'POST', path: '/clock/freeze', id: 'freeze', tag, inProcess: ['clock.freeze'], summary: 'Stops the clock, now or at an instant',
    body: { schema: object({ at: { type: ['string', 'number'], description: 'Milliseconds since the epoch, or `2026-03-01T12:00:00Z`' } }, []) }, answers,
    run: ({ world, body }) => {
      const at = typeof body.at === 'string' ? Date.parse(body.at) : body.at
      if (at !== undefined && !Number.isFinite(at)) throw new Error('at must be a time: milliseconds, or as in 2026-03-01T12:00:00Z')
      world.clock.freeze(at)
      return ok(clockInfo(world))
    },
  },
  {
    method: 'POST', path: '/clock/resume', id: 'resume', tag, inProcess: ['clock.resume'], summary: 'Lets real time go on from where the clock stands', answers,
    run: ({ world }) => {
      world.clock.resume()
      return ok(clockInfo(world))
    },
  },
  {
    method: 'POST', path: '/clock/advance', id: 'advance', tag, inProcess: ['advance'], summary: 'Moves time on; what falls due on the way happens',
    body: { schema: object({ ms: { type: 'number', minimum: 0 } }), required: true, example: { ms: 60_000 } }, answers,
    run: async ({ world, body }) => {
      if (typeof body.ms !== 'number' || !(body.ms >= 0)) throw new Error('ms must be a number of milliseconds')
      await world.advance(body.ms)
      return ok(clockInfo(world))
    },
  },
]
