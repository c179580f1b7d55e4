import { defineResource } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Members } from '../../kernel/types.js'
import { invalid } from './answers.js'
import { csvOf } from './exports/text.js'
import { organization } from './plans.js'

const COLUMNS = ['timestamp', 'event_type', 'tenant_id', 'document_id', 'outcome']

/** Writes an entry of the audit log. */
export function log(c: SystemContext, event: string, outcome: 'success' | 'failure', document: string | number | null = null): void {
  c.store('audit').insert({ timestamp: c.now(), event_type: event, tenant_id: organization(c).id, document_id: document, outcome })
}

export const audit = defineResource({
  behaviours: {
    'audit.export': (c) => {
      const entries: Members[] = c.store('audit').all().map(({ id: _, _org, ...entry }) => entry).toSorted((a, b) => (a['timestamp'] < b['timestamp'] ? -1 : a['timestamp'] > b['timestamp'] ? 1 : 0))
      switch (c.query['format'] ?? 'json') {
        case 'json':
          return c.download(JSON.stringify(entries), 'application/json', 'audit-log.json')
        case 'csv':
          return c.download(csvOf(COLUMNS, entries), 'text/csv; charset=utf-8', 'audit-log.csv')
        default:
          return invalid(c, 'format must be json or csv')
      }
    },
  },
})
