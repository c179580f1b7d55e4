import { SystemContext } from '../../kernel/system-context.js'
import type { Members } from '../../kernel/types.js'
import type { SystemWorld } from '../../world/system-world.js'

/** Puts objects into collections as if they had been made before; returns them as stored, without what is internal. Throws when a collection is unknown or an id is taken. */
export function plant(system: SystemWorld, collections: Readonly<Record<string, readonly Members[]>>): Record<string, Members[]> {
  const known = new Set([...Object.keys(system.system.collections), ...system.store.names()].filter((name) => !name.startsWith('_')))
  const out: Record<string, Members[]> = {}
  for (const [name, rows] of Object.entries(collections)) {
    if (!known.has(name)) throw new Error(`${system.system.name} has no collection ${name}; it has ${[...known].toSorted().join(', ')}`)
    if (!Array.isArray(rows)) throw new Error(`${name} must be a list of objects`)
    const context = new SystemContext(system, 'main')
    out[name] = rows.map((row) => context.show(name, context.store(name).insert(row)))
  }
  return out
}
