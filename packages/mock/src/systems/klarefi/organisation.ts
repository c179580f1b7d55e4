import { defineResource } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import { environmentOf, splitOwner } from './environment.js'

export const organisation = defineResource({
  behaviours: {
    'health.get': () => ({ status: 'ok' }),
    'me.get': (c) => ({ org_id: orgOf(c), environment: environmentOf(c.actor) }),
  },
})

/** The organisation's id as the API shows it. */
export function orgOf(c: SystemContext): string {
  const { org } = splitOwner(c.owner)
  return c.as(org).store('me').find(() => true)?.['org_id'] ?? `org_${org}`
}
