import type { Actor } from '../../kernel/profile.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Row } from '../../kernel/types.js'

/** Follows the organisation in the name of an owner whose data belongs to test keys. */
export const TEST = '/test'

export function environmentOf(actor: Actor): 'live' | 'test' {
  return actor.row?.['_environment'] === 'test' ? 'test' : 'live'
}

export function ownerOf(row: Row): string {
  return `${row['_org'] ?? 'main'}${row['_environment'] === 'test' ? TEST : ''}`
}

export function splitOwner(owner: string): { org: string; test: boolean } {
  const test = owner.endsWith(TEST)
  return { org: test ? owner.slice(0, -TEST.length) : owner, test }
}

/** Where an object of the owner is stored: both environments begin with the same seeded ids. */
export function rowId(c: SystemContext, id: string): string {
  return seededId(id, splitOwner(c.owner).test)
}

export function seededId(id: string, test: boolean): string {
  return test ? `test/${id}` : id
}
