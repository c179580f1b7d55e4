import type { JobView } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Row } from '../../kernel/types.js'

/** The engine's percentage on the scale of the object: one that was resumed begins where it stood. */
export function percent(row: Row, { progress }: JobView): number {
  const from: number = row['_from'] ?? 0
  return Math.floor(from + ((100 - from) * progress) / 100)
}

/** A seeded object that is under way goes on from the first time that somebody asks about it: the rest of its steps, in the rest of the time. */
export function resume(c: SystemContext, collection: string, row: Row, kind: string, steps: readonly { status: string; share?: number }[]): void {
  c.store(collection).update(row.id, { _from: row['progress'] })
  c.start(kind, String(row.id), { steps, factor: (100 - row['progress']) / 100 })
}
