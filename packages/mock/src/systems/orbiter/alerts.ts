import { defineResource } from '../../kernel/definition.js'
import { changes, clean, conventionOf, draft, STAMPS } from './rows.js'

const FIELDS = ['name', 'condition_type', 'condition_threshold', 'action_type', 'action_config_json', 'enabled']

/** `/alerts` lists and creates rules, as the reference has it; `/alerts/rules` does the same the vendor's way. */
export const alerts = defineResource({
  collections: {
    'alerts.rules': {
      label: 'Alert rule',
      newestFirst: true,
      stamps: STAMPS,
      filters: { severity: null, agent_id: null, acknowledged: null, offset: null },
      create(input, c) {
        const rule = draft(c, 'alerts.rules', FIELDS.slice(0, 4), { action_config_json: null, enabled: true })
        return { ...rule, name: clean(input['name']) }
      },
      update(_input, _row, c) {
        const sent = changes(c, FIELDS, 'BAD_REQUEST')
        return sent['name'] === undefined ? sent : { ...sent, name: clean(sent['name']) }
      },
      cascade: { alerts: 'rule_id' },
    },
    alerts: {},
  },
  behaviours: {
    'alerts.list': (c) => conventionOf(c, 'alerts.rules.list'),
    'alerts.create': (c) => conventionOf(c, 'alerts.rules.create'),
    'alerts.acknowledge': (c) => c.ok(c.store('alerts').update(c.path['alert_id']!, { acknowledged: true })),
  },
})
