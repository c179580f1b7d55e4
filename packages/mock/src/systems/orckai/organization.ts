import { defineResource } from '../../kernel/definition.js'

export const organization = defineResource({
  behaviours: {
    'organization.get': (c) => c.store('organization').all()[0] ?? c.missing('Organization'),
    'health.get': (c) => c.bare({ status: 'ok', version: 'v1' }),
  },
})
