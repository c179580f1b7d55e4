import { defineResource } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Members } from '../../kernel/types.js'
import { organization, PLANS, planOf } from './plans.js'

export const compliance = defineResource({
  behaviours: {
    'compliance.record': (c) => {
      const kept = c.store('compliance').find(() => true)
      const activities: Members[] = kept?.['processing_activities'] ?? []
      return { controller: kept?.['controller'] ?? organization(c)['name'], processing_activities: [...activities, ...observed(c, activities)], generated_at: c.now() }
    },
  },
})

/** One activity for each further kind of document that was processed. */
function observed(c: SystemContext, known: readonly Members[]): Members[] {
  const kinds = new Set(c.store('executions').all((row) => row['status'] === 'completed' && row['document_type']).map((row) => String(row['document_type'])))
  const covered = new Set(known.map((activity) => String(activity['category']).toLowerCase().split(' ')[0]))
  return [...kinds].filter((kind) => !covered.has(kind.split('_')[0])).map((kind) => ({
    category: `${kind[0]!.toUpperCase()}${kind.slice(1).replaceAll('_', ' ')} processing`,
    data_subjects: ['persons named in the documents'],
    data_categories: ['names', 'contact data'],
    retention_period: PLANS[planOf(c)].retention,
    technical_measures: ['encryption at rest', 'masking of personal data'],
  }))
}
