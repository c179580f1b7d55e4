import type { Context } from '../../kernel/context.js'
import { defineResource, type JobView } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Row } from '../../kernel/types.js'
import { hmacHex } from '../../world/hash.js'
import { rowId } from './environment.js'
import { emit } from './events.js'
import { caseTypeOf, liveGate } from './gates.js'
import { keyOf, once } from './idempotency.js'
import { orgOf } from './organisation.js'

/** Where the seed's own addresses lead: a name that is reserved, so nobody is there. */
export const APP = 'https://your-configured-app.example'
const DEFAULT_HOURS = 168
/** The vendor gives no bounds; a year is ours. */
const MAX_HOURS = 8_784
const HOUR = 3_600_000

export const sessions = defineResource({
  jobs: { intake: { steps: [{ status: 'waiting', share: 2 }, { status: 'processing', share: 3 }], success: 'completed', enter: follow } },
  behaviours: {
    'sessions.create': (c) => {
      const key = keyOf(c)
      liveGate(c)
      caseTypeOf(c)
      const hours: number = c.body.ttl_hours ?? DEFAULT_HOURS
      if (!(hours > 0) || hours > MAX_HOURS) c.fail('invalid_request', `ttl_hours must be more than 0 and at most ${MAX_HOURS}`)
      return once(c, key, () => open(c, key, hours))
    },
  },
})

function open(c: Context, key: string, hours: number) {
  const { case_type_id, external_case_id, external_applicant_id, external_customer_id, trace_id, prefill } = c.body
  const session_id = c.id('sessions', 'uuid')
  const token = hmacHex(`${c.world.secret}/session`, `${c.owner}/${session_id}`).slice(0, 32)
  const signed_url = `${APP}/s/${session_id}?token=${token}`
  const answer = { session_id, signed_url, expires_at: c.now(c.ms() + Math.round(hours * HOUR)), snippet: `<script>window.location.href="${signed_url}";</script>` }
  c.store('sessions').insert({ id: rowId(c, session_id), ...answer, _idempotency_key: key, _created_at: c.now() })
  // The session's id is the id of its case as well.
  const row = c.store('cases').insert({
    id: rowId(c, session_id), case_id: session_id, org_id: orgOf(c), status: 'queued', case_type_id, external_case_id: external_case_id ?? null, trace_id: trace_id ?? null, review_state: null,
    document_ids: [], features: {}, facts: {}, documents: [], _prefill: prefill?.field_values ?? {}, _session_id: session_id,
    _external_applicant_id: external_applicant_id ?? null, _external_customer_id: external_customer_id ?? null, _idempotency_key: key, _created_at: c.now(),
  })
  emit(c, row, 'intake.session_created', {})
  applicant(c, row)
  return answer
}

/**
 * A session waits for its applicant for ever, unless `X-Mock-Outcome` asks for one: `success` submits the intake, `degraded` is blocked by
 * a gap first and ends in a review, `failure` submits what cannot be processed.
 */
function applicant(c: Context, row: Row): void {
  const asked = c.header('x-mock-outcome')
  if (asked === 'success') c.start('intake', String(row.id))
  if (asked === 'failure') c.start('intake', String(row.id), { fail: { step: 'processing', reason: 'The intake could not be processed' } })
  if (asked === 'degraded') c.start('intake', String(row.id), { data: { blocked: true }, steps: [{ status: 'waiting', share: 2 }, { status: 'blocked', share: 2 }, { status: 'processing', share: 3 }] })
}

function follow(c: SystemContext, job: JobView): void {
  const row = c.store('cases').get(job.id)
  if (!row || job.status === 'waiting') return
  const tell = (type: string, members: Record<string, unknown>): void => emit(c, c.store('cases').update(row.id, members), type)
  if (job.status === 'blocked') return tell('case.applicant_blocked', { status: 'applicant_blocked' })
  if (job.status === 'processing') {
    if (job.data?.blocked) tell('intake.gap_resolved', { status: 'processing' })
    tell('intake.submitted', { status: 'processing' })
    return tell('case.processing', { status: 'processing' })
  }
  if (job.outcome !== 'success') return tell('case.failed', { status: 'failed' })
  const facts = Object.fromEntries(Object.entries(row['_prefill'] as Record<string, string | null>).filter(([, value]) => value !== null))
  if (job.data?.blocked) return tell('case.needs_review', { status: 'needs_review', review_state: 'pending', facts })
  tell('case.completed', { status: 'completed', facts })
}
