import type { Context } from '../../kernel/context.js'
import { defineResource } from '../../kernel/definition.js'
import { publish } from './deployments.js'
import { round } from './rows.js'

export const ci = defineResource({
  collections: { _evaluations: { label: 'Evaluation' } },
  behaviours: {
    'ci.deploy': (c) => {
      used(c)
      const { entity_type: type, entity_id: id, version_tag: tag } = c.body
      const name = c.store(`${type}s`).need(id)['name']
      const { row } = publish(c, `${name} (${tag})`, type, id, 60)
      return c.created({ deployment_id: row.id, entity_type: type, entity_id: id, version_tag: tag, status: 'active', deployed_at: row['created_at'] })
    },
    'ci.evaluate': (c) => {
      used(c)
      const evaluation = c.store('_evaluations').need(c.body.evaluation_id)
      if (evaluation['cases'] === 0) return c.error('VALIDATION_ERROR', 'No test cases defined')
      return c.ok({
        result_id: c.id('_evaluationResults'), evaluation_id: evaluation.id, overall_score: evaluation['overall_score'],
        pass_rate: round(evaluation['passed'] / evaluation['cases'], 4), run_at: c.now(),
      })
    },
    'ci.status': (c) => {
      used(c)
      const { id, name, entity_type, entity_id, status, usage_count } = c.store('deployments').need(c.path['deployment_id']!)
      const [last] = c.store('runs').all((row) => row[`${entity_type}_id`] === entity_id).toSorted((a, b) => (a['created_at'] < b['created_at'] ? 1 : -1))
      return c.ok({ id, name, entity_type, entity_id, status, usage_count, last_run_status: last?.['status'] ?? null, last_run_at: last?.['created_at'] ?? null })
    },
  },
})

/** Each accepted request leaves its time at the key. */
function used(c: Context): void {
  const id = String(c.actor.row!.id)
  if (c.store('apiKeys').get(id)) c.store('apiKeys').update(id, { last_used_at: c.now() })
}
