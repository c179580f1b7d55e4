import type { Json } from '../kernel/types.js'
import type { ClockState } from './clock.js'
import type { SystemState } from './system-world.js'

export const SNAPSHOT_VERSION = 1

/** A whole world as JSON. */
export interface Snapshot {
  format: 'orkit-mock'
  version: number
  seed: string
  clock: ClockState
  faults: unknown
  systems: Record<string, SystemState>
}

/** Throws, saying where, unless it has the form of a snapshot: files are edited by hand, and what is restored is not looked at again. */
export function checkSnapshot(snapshot: Json): asserts snapshot is Snapshot {
  if (snapshot?.format !== 'orkit-mock') throw new Error('This is no snapshot of the reference server')
  if (snapshot.version !== SNAPSHOT_VERSION) throw new Error(`Snapshot version ${snapshot.version} is not known here; this is version ${SNAPSHOT_VERSION}`)
  const { seed, clock, faults = [], systems } = snapshot
  must(typeof seed === 'string', '/seed', 'a text')
  must(isRecord(clock) && Number.isFinite(clock['offset']) && typeof clock['frozen'] === 'boolean', '/clock', '{ offset, frozen }')
  must(isList(faults, (rule) => isRecord(rule) && typeof rule['id'] === 'string'), '/faults', 'a list of rules')
  must(isRecord(systems), '/systems', 'an object')
  for (const [name, state] of Object.entries<Json>(systems)) checkSystem(state, `/systems/${name}`)
}

function checkSystem(state: Json, at: string): void {
  must(isRecord(state), at, 'an object')
  must(isRecord(state.store) && Number.isInteger(state.store.seq) && isRecord(state.store.collections), `${at}/store`, '{ seq, collections }')
  for (const [name, rows] of Object.entries<Json>(state.store.collections)) must(isList(rows, isStoredRow), `${at}/store/collections/${name}`, 'a list of [number, object with an id]')
  must(isRecord(state.counters) && Object.values(state.counters).every((value) => Number.isInteger(value)), `${at}/counters`, 'whole numbers by name')
  must(isList(state.jobs, isRecord), `${at}/jobs`, 'a list of objects')
  must(isRecord(state.tasks) && Number.isInteger(state.tasks['count']) && isList(state.tasks['queue'], isRecord), `${at}/tasks`, '{ count, queue }')
  must(isList(state.limits, (limit) => Array.isArray(limit) && typeof limit[0] === 'string' && isRecord(limit[1])), `${at}/limits`, 'a list of [name, window]')
  must(isRecord(state.values), `${at}/values`, 'an object')
}

function must(holds: boolean, at: string, what: string): void {
  if (!holds) throw new Error(`The snapshot cannot be restored: ${at} must be ${what}`)
}

function isRecord(value: Json): value is Record<string, Json> {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

function isList(value: Json, of: (item: Json) => boolean): boolean {
  return Array.isArray(value) && value.every(of)
}

function isStoredRow(entry: Json): boolean {
  return Array.isArray(entry) && Number.isInteger(entry[0]) && isRecord(entry[1]) && ['string', 'number'].includes(typeof entry[1]['id'])
}
