import { idsOf } from '../../core/envelope.js'
import type { Operation } from '../../core/operation.js'
import { at } from '../../core/pointer.js'

/** A duplicate upload starts no job: it names the one that processed the document before. */
export function processIds(op: Operation, payload: unknown): readonly string[] {
  const ids = idsOf(payload, op.wait?.id ?? '/job_id')
  const existing = at(payload, '/existing_job_id')
  return ids.length === 0 && (typeof existing === 'string' || typeof existing === 'number') ? [String(existing)] : ids
}
