import { defineResource } from '../../kernel/definition.js'

/** Contracts and alerts: convention does all of it. */
export const contracts = defineResource({
  collections: {
    contracts: {
      label: 'Contract',
      create: (input) => ({ description: null, enabled: true, ...input }),
      stamps: { created: 'created_at' },
    },
    alerts: { label: 'Alert', newestFirst: true },
  },
})
