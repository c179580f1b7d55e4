import type { Context } from '../../kernel/context.js'
import type { Row } from '../../kernel/types.js'
import { environmentOf, rowId } from './environment.js'

const MESSAGES: Readonly<Record<string, string>> = {
  billing_required: 'Set up billing before using a live key',
  live_usage_limit_reached: 'The limit of live use is reached',
  legal_acceptance_required: 'Accept the terms before using a live key',
}

/** Case types that ask a live key for what they are named after; with a test key they are ordinary. Ours, for tests. */
const ON_DEMAND: Readonly<Record<string, string>> = { ct_billing_blocked: 'billing_required', ct_usage_limited: 'live_usage_limit_reached', ct_legal_pending: 'legal_acceptance_required' }

/** What stands between a live key and its use: a property of the key, or asked for by the case type. */
export function liveGate(c: Context): void {
  if (environmentOf(c.actor) !== 'live') return
  const code: string | undefined = c.actor.row?.['_gate'] ?? onDemand(c.body.case_type_id)
  if (code !== undefined) c.fail(code, MESSAGES[code] ?? code)
}

function onDemand(caseType: string): string | undefined {
  return Object.hasOwn(ON_DEMAND, caseType) ? ON_DEMAND[caseType] : undefined
}

export function caseTypeOf(c: Context): Row {
  const id: string = c.body.case_type_id
  const found = c.store('_caseTypes').get(rowId(c, id)) ?? (onDemand(id) === undefined ? undefined : c.store('_caseTypes').find(() => true))
  return found ?? c.fail('case_type_not_found', `There is no case type ${id.slice(0, 100)}`)
}
