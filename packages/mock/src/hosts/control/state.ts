import type { Json } from '../../kernel/types.js'
import type { World } from '../../world/world.js'
import type { Gateway } from '../gateway.js'
import { type Action, ok, systemOf, text } from './action.js'
import { object, ref, string } from './schemas.js'
import { plant } from './seed.js'

const tag = 'World'
const done = { 200: { description: 'Done', schema: ref('Ok') } }
const collections = { type: 'object', description: 'System -> collection -> objects', additionalProperties: { type: 'object', additionalProperties: { type: 'array', items: { type: 'object' } } } }

export const stateActions: readonly Action[] = [
  {
    method: 'GET', path: '/health', id: 'health', tag, inProcess: [], summary: 'Says that the server is up', reads: true,
    answers: { 200: { description: 'It is', schema: object({ status: { const: 'ok' } }) } },
    run: () => ok({ status: 'ok' }),
  },
  {
    method: 'GET', path: '/world', id: 'world', tag, inProcess: ['info'], summary: 'Shows the world in short', reads: true,
    answers: { 200: { description: 'Seed, hash, clock and counts', schema: ref('World') } },
    run: ({ world, gateway }) => ok(worldInfo(world, gateway)),
  },
  {
    method: 'GET', path: '/hash', id: 'hash', tag, inProcess: ['hash'], summary: 'Equal hashes mean equal states', reads: true,
    answers: { 200: { description: 'SHA-256 in hex', schema: object({ hash: string() }) } },
    run: ({ world }) => ok({ hash: world.hash() }),
  },
  {
    method: 'POST', path: '/reset', id: 'reset', tag, inProcess: ['reset'], summary: 'Makes everything as at the start', description: 'Data, ids, clock, limits, jobs, deliveries, rules and journal; open streams and sockets are cut. With a seed, as if it had been started with that one.',
    body: { schema: object({ seed: string() }, []) }, answers: done,
    run: ({ world, body }) => {
      world.reset(text(body, 'seed'))
      return ok()
    },
  },
  {
    method: 'POST', path: '/seed', id: 'seed', tag, inProcess: ['seed', 'reset'], summary: 'Puts objects into collections as if they had been made before', description: 'With `seed` the world is reset to that seed first.',
    body: { schema: object({ seed: string(), data: collections }, []), example: { data: { orckai: { agents: [{ name: 'Mine' }] } } } },
    answers: { 200: { description: 'The objects as the API shows them', schema: object({ seed: string(), made: collections }) } },
    run: async ({ world, body, gateway }) => {
      const seed = text(body, 'seed')
      if (seed !== undefined) world.reset(seed)
      const data = (body.data ?? {}) as Record<string, Record<string, Json[]>>
      const made: Record<string, unknown> = {}
      for (const [name, rows] of Object.entries(data)) made[name] = plant(world.system(await gateway.load(systemOf(gateway, name))), rows)
      return ok({ seed: world.options.seed, made })
    },
  },
  {
    method: 'GET', path: '/snapshot', id: 'snapshot', tag, inProcess: ['snapshot'], summary: 'Gives the whole world as JSON', reads: true,
    answers: { 200: { description: 'What `restore` takes', schema: ref('Snapshot') } },
    run: ({ world }) => ok(world.snapshot()),
  },
  {
    method: 'POST', path: '/restore', id: 'restore', tag, inProcess: ['restore'], summary: 'Puts a snapshot in the place of everything', description: 'Open streams and sockets are cut.',
    body: { schema: ref('Snapshot'), required: true }, answers: done,
    run: ({ world, body }) => {
      world.restore(body)
      return ok()
    },
  },
]

export interface WorldInfo {
  /** Empty for the default world. */
  name: string
  seed: string
  /** Equal for worlds that remember the same. */
  hash: string
  /** Since the last reset. */
  requests: number
  /** Open streams and sockets. */
  connections: number
  clock: ClockInfo
  systems: readonly string[]
}

export interface ClockInfo {
  /** Milliseconds since the epoch. */
  now: number
  time: string
  frozen: boolean
}

export function worldInfo(world: World, gateway: Gateway): WorldInfo {
  return { name: world.name, seed: world.options.seed, hash: world.hash(), requests: world.journal.total, connections: world.connections, clock: clockInfo(world), systems: gateway.options.systems }
}

export function clockInfo({ clock }: World): ClockInfo {
  return { now: clock.now(), time: new Date(clock.now()).toISOString(), frozen: clock.frozen }
}
