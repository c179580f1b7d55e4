import { constructEvent } from '@orkit/sdk/webhooks'
import { describe, expect, it } from 'vitest'
import { walk } from '../../../test/walk.js'
import { createMock, type MockOptions } from '../../mock.js'
import { klarefi } from './index.js'
import { notPublic } from './addresses.js'

// oxlint-disable-next-line typescript/no-explicit-any
type Json = any

const LIVE = 'sk_live_full_access_0000000000000000'
const TEST = 'sk_test_full_access_0000000000000000'
const SECRET = 'whsec_test_0000000000000000'
const START = '2026-03-01T12:00:00Z'
const URL_1 = 'https://files.example.com/claims/claim-0042.pdf'

interface Sent {
  url: string
  headers: Record<string, string>
  body: string
}

/** A mock on a clock that stands still, and what it has posted. */
function setup(options: MockOptions = {}) {
  const sent: Sent[] = []
  const answers: number[] = []
  const send: MockOptions['send'] = async (url, { headers, body }) => {
    sent.push({ url, headers, body })
    return { status: answers.shift() ?? 200 }
  }
  const mock = createMock({ strict: true, systems: ['klarefi'], clock: { at: START }, rateLimits: 'off', send, webhookTargets: 'any', ...options })
  const call = async (method: string, path: string, { key = LIVE, body, headers }: { key?: string; body?: unknown; headers?: Record<string, string> } = {}): Promise<{ status: number; body: Json; headers: Headers }> => {
    const response = await mock.fetch(`${mock.baseUrl('klarefi')}/api/v1${path}`, {
      method, headers: { ...(key && { authorization: `Bearer ${key}` }), ...(body !== undefined && { 'content-type': 'application/json' }), ...headers }, ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: await response.json(), headers: response.headers }
  }
  let count = 0
  const process = (input: Json = {}, more: { key?: string; headers?: Record<string, string> } = {}) => call('POST', '/process', { body: { document_url: URL_1, case_type_id: 'ct_claim', idempotency_key: `key-${++count}`, ...input }, ...more })
  const world = () => mock.world().system(klarefi)
  const finished = async (input: Json = {}, more: { key?: string; headers?: Record<string, string> } = {}) => {
    const { body } = await process(input, more)
    await mock.advance(1_200)
    await mock.world().idle()
    return (await call('GET', `/cases/${body.case_id}`, more)).body
  }
  const types = async (id: string, key?: string) => (await call('GET', `/cases/${id}/events`, key === undefined ? {} : { key })).body.events.map((event: Json) => event.event_type)
  return { mock, call, process, finished, types, world, sent, answers }
}

const failure = (status: number, type: string, code: string) => ({ status, body: { error: { type, code, message: expect.any(String), request_id: expect.stringMatching(/^req_[0-9a-f]{12}$/) } } })

describe('every operation', () => {
  it('answers its documented success, as the document describes it', async () => {
    const mock = createMock({ strict: true, systems: ['klarefi'], jobDuration: 'manual', send: false })
    for (const key of [LIVE, TEST]) {
      const steps = await walk(mock, 'klarefi', { auth: () => ({ authorization: `Bearer ${key}` }) })
      const created = new Set(['process.create', 'sessions.create'])
      expect(steps.filter((step) => step.status !== (created.has(step.id) ? 201 : step.expected))).toEqual([])
      expect(steps).toHaveLength(10)
      await mock.reset()
      for (const step of steps) mock.world(`walk-${step.id}`).reset()
    }
  })
})

describe('keys', () => {
  it('proves them, their scopes and their environment', async () => {
    const { call } = setup()
    expect((await call('GET', '/health', { key: '' })).body).toEqual({ status: 'ok' })
    expect(await call('GET', '/me', { key: '' })).toMatchObject(failure(401, 'authentication_error', 'missing_api_key'))
    expect(await call('GET', '/me', { key: 'sk_live_nothing' })).toMatchObject(failure(401, 'authentication_error', 'invalid_api_key'))
    expect((await call('GET', '/me', { key: 'sk_live_revoked_00000000000000000000' })).status).toBe(401)
    expect(await call('GET', '/me', { key: 'sk_test_no_scope_0000000000000000000' })).toMatchObject(failure(403, 'authorization_error', 'insufficient_scope'))
    expect((await call('GET', '/me', { key: TEST })).body).toEqual({ org_id: 'org_abc123', environment: 'test' })
    expect((await call('GET', '/me', { key: 'sk_live_other_org_000000000000000000' })).body).toEqual({ org_id: 'org_other789', environment: 'live' })
    expect((await call('POST', '/sessions', { key: 'sk_test_cases_read_00000000000000000', body: { case_type_id: 'ct_claim', idempotency_key: 'x' } })).status).toBe(403)
    for (const path of ['/cases/case_other01', '/cases/case_other01/events', '/cases/case_other01/package']) expect(await call('GET', path)).toMatchObject(failure(404, 'not_found', 'case_not_found'))
    expect(await call('DELETE', '/documents/doc_other01')).toMatchObject(failure(404, 'not_found', 'document_not_found'))
    expect(await call('POST', '/webhooks/deliveries/whd_901/ack', { body: {} })).toMatchObject(failure(404, 'not_found', 'delivery_not_found'))
  })

  it('keeps the data of test keys and live keys apart', async () => {
    const { call, process } = setup()
    const { case_id } = (await process({}, { key: TEST })).body
    expect((await call('GET', `/cases/${case_id}`, { key: TEST })).status).toBe(200)
    expect((await call('GET', `/cases/${case_id}`)).status).toBe(404)
    expect((await call('DELETE', '/documents/doc_def456', { key: TEST })).status).toBe(200)
    expect((await call('GET', '/cases/case_abc123', { key: TEST })).body.document_ids).toEqual([])
    expect((await call('GET', '/cases/case_abc123')).body.document_ids).toEqual(['doc_def456'])
  })

  it('holds live keys to billing and terms, and test keys to neither', async () => {
    const { process, call } = setup()
    expect(await process({}, { key: 'sk_live_billing_blocked_000000000000' })).toMatchObject(failure(402, 'billing_error', 'billing_required'))
    expect(await process({}, { key: 'sk_live_legal_pending_00000000000000' })).toMatchObject(failure(428, 'precondition_error', 'legal_acceptance_required'))
    for (const [type, status] of [['ct_billing_blocked', 402], ['ct_usage_limited', 402], ['ct_legal_pending', 428]] as const) {
      expect((await process({ case_type_id: type })).status).toBe(status)
      expect((await call('POST', '/sessions', { body: { case_type_id: type, idempotency_key: type } })).status).toBe(status)
      expect((await process({ case_type_id: type }, { key: TEST })).status).toBe(201)
    }
  })

  it('counts 100 requests a minute for each organisation', async () => {
    const { call } = setup({ rateLimits: 'documented' })
    for (let i = 0; i < 100; i++) expect((await call('GET', '/me', { key: i % 2 ? LIVE : TEST })).status).toBe(200)
    const refused = await call('GET', '/me')
    expect(refused).toMatchObject(failure(429, 'rate_limit_error', 'rate_limit_exceeded'))
    expect(refused.headers.get('retry-after')).toBe('60')
    expect((await call('GET', '/me', { key: 'sk_live_other_org_000000000000000000' })).status).toBe(200)
  })
})

describe('processing', () => {
  it('refuses what the vendor refuses', async () => {
    const { call, process } = setup()
    const post = (body: Json) => call('POST', '/process', { body })
    const missing = await post({ case_type_id: 'ct_claim', idempotency_key: 'k' })
    expect(missing).toMatchObject(failure(400, 'validation_error', 'missing_document_url'))
    expect(missing.body.error.message).toBe('document_url is required and must be a string')
    expect(await post({ document_url: 7, case_type_id: 'ct_claim', idempotency_key: 'k' })).toMatchObject(failure(400, 'validation_error', 'missing_document_url'))
    expect(await post({ document_url: URL_1, idempotency_key: 'k' })).toMatchObject(failure(400, 'validation_error', 'missing_case_type_id'))
    expect(await post({ document_url: URL_1, case_type_id: 'ct_claim' })).toMatchObject(failure(400, 'validation_error', 'missing_idempotency_key'))
    expect(await process({ webhook_url: 'https://hooks.example.com' })).toMatchObject(failure(400, 'validation_error', 'webhook_url_not_supported'))
    expect(await process({ case_type_id: 'ct_other' })).toMatchObject(failure(400, 'validation_error', 'case_type_not_found'))
    for (const url of ['http://files.example.com/a.pdf', 'https://localhost/a.pdf', 'https://127.0.0.1/a', 'https://2130706433/a', 'https://10.1.2.3/a', 'https://192.168.0.1/a', 'https://[::1]/a', 'https://[::ffff:10.0.0.1]/a', 'https://[fd00::1]/a', 'https://169.254.169.254/latest', 'https://printer.local/a', 'https://intranet/a', 'ftp://example.com/a']) {
      expect(await process({ document_url: url })).toMatchObject(failure(400, 'validation_error', 'invalid_document_url'))
    }
    expect(notPublic('https://93.184.216.34/a.pdf')).toBeUndefined()
    expect(notPublic('https://[2606:4700::1111]/a.pdf')).toBeUndefined()
  })

  it('replays, conflicts, and takes the key from the body before the header', async () => {
    const { call, process } = setup()
    const first = await process({ idempotency_key: 'a' })
    expect(first).toMatchObject({ status: 201, body: { status: 'queued', idempotent_replay: false } })
    expect(await process({ idempotency_key: 'a' })).toEqual({ ...first, status: 200, body: { ...first.body, idempotent_replay: true }, headers: expect.anything() })
    expect(await process({ idempotency_key: 'a', trace_id: 'other' })).toMatchObject(failure(400, 'validation_error', 'idempotency_key_conflict'))
    expect((await process({ idempotency_key: 'a' }, { key: TEST })).status).toBe(201)
    const body = { document_url: URL_1, case_type_id: 'ct_claim' }
    const header = { headers: { 'idempotency-key': 'b' } }
    expect((await call('POST', '/process', { body, ...header })).status).toBe(201)
    expect((await call('POST', '/process', { body, ...header })).status).toBe(200)
    expect((await call('POST', '/process', { body: { ...body, idempotency_key: 'c' }, ...header })).status).toBe(201)
    expect((await call('POST', '/sessions', { body: { case_type_id: 'ct_claim', locale: 'nl-NL', idempotency_key: 'intake-2026-0001' } })).body).toMatchObject({ session_id: '550e8400-e29b-41d4-a716-446655440000', idempotent_replay: true })
    expect((await process({ idempotency_key: 'claim-2026-0001', document_url: 'https://files.example.com/claims/claim-0001.pdf', external_case_id: 'CLM-0042', trace_id: 'trace-0042' })).body).toEqual({ case_id: 'case_abc123', doc_id: 'doc_def456', job_id: 'job_ghi789', status: 'queued', idempotent_replay: true })
  })

  it('works through a case: values with passages that stand where they say, then decisions', async () => {
    const { mock, call, process, types, world } = setup()
    const { case_id, doc_id } = (await process({ external_case_id: 'CLM-1', trace_id: 't-1' })).body
    expect((await call('GET', `/cases/${case_id}`)).body).toMatchObject({ status: 'processing', features: {}, external_case_id: 'CLM-1', trace_id: 't-1' })
    expect(await types(case_id)).toEqual(['document.uploaded'])
    await mock.advance(500)
    expect(await types(case_id)).toEqual(['document.uploaded', 'document.processed', 'case.processing'])
    expect((await call('GET', `/cases/${case_id}/package`)).body.case_file_url).toBeNull()
    await mock.advance(700)
    const done = (await call('GET', `/cases/${case_id}`)).body
    expect(done).toMatchObject({ status: 'completed', review_state: null, document_ids: [doc_id] })
    const pages: string[] = world().store.collection('documents').get(doc_id)!['_pages']
    expect(Object.keys(done.features)).toEqual(['incident_date', 'policy_number', 'claim_amount'])
    for (const feature of Object.values<Json>(done.features)) {
      expect(feature.decision).toMatchObject({ decision: 'keep', selected_candidate_id: feature.candidates[0].candidate_id })
      for (const { evidence_id, page_index, location, quote } of feature.evidence) {
        expect(pages[page_index]!.slice(location.char_start, location.char_end)).toBe(quote)
        expect(feature.candidates[0].evidence_ids).toContain(evidence_id)
      }
    }
    expect(done.features.incident_date.evidence).toHaveLength(2)
    expect(done.facts).toEqual({ incident_date: expect.stringMatching(/^20\d\d-\d\d-\d\d$/), policy_number: expect.stringMatching(/^P-\d{6}$/), claim_amount: expect.stringMatching(/^\d+\.\d\d$/) })
    const { events, next_cursor } = (await call('GET', `/cases/${case_id}/events?after_cursor=2`)).body
    expect(events.map((event: Json) => [event.cursor, event.event_type])).toEqual([[3, 'case.processing'], [4, 'case.completed']])
    expect(next_cursor).toBe(4)
    expect((await call('GET', `/cases/${case_id}/events?after_cursor=4`)).body).toEqual({ case_id, events: [], next_cursor: 4 })
    expect((await call('GET', `/cases/${case_id}/package`)).body).toMatchObject({ case_id, case_file_url: expect.stringMatching(/^https:\/\/[^?]+\/case-file\/case_\w+\?token=[0-9a-f]{32}$/), facts: done.facts, documents: [{ doc_id }] })
  })

  it('fails, asks for a review, and lets an operator review, by the name of the file or the header', async () => {
    const { finished, types, world } = setup()
    const failed = await finished({ document_url: 'https://files.example.com/will-fail.pdf' })
    expect(failed).toMatchObject({ status: 'failed', features: {} })
    expect(await types(failed.case_id)).toEqual(['document.uploaded', 'document.failed', 'case.failed'])
    const doubtful = await finished({}, { headers: { 'x-mock-outcome': 'degraded' } })
    expect(doubtful).toMatchObject({ status: 'needs_review', review_state: 'pending' })
    expect(doubtful.features.incident_date.candidates).toHaveLength(2)
    expect(doubtful.features.incident_date.decision).toBeUndefined()
    expect((await types(doubtful.case_id)).at(-1)).toBe('case.needs_review')
    const reviewed = await finished({ document_url: 'https://files.example.com/reviewed.pdf' })
    expect(reviewed).toMatchObject({ status: 'completed', review_state: 'completed', facts: { incident_date: expect.any(String) } })
    expect((await types(reviewed.case_id)).slice(-3)).toEqual(['case.needs_review', 'review.completed', 'case.completed'])
    // A text of the seed is read as it stands.
    world().store.collection('_documents').insert({ id: 'lease.txt', file_name: 'lease.txt', text: 'Polis\nNumber of the policy: P-1\nAmount claimed: EUR 12,50 in all\non 2026-02-28.' })
    expect(await finished({ document_url: 'https://files.example.com/lease.txt' })).toMatchObject({ status: 'completed', facts: { incident_date: '2026-02-28', policy_number: 'P-1', claim_amount: '12.50' } })
  })
})

describe('sessions', () => {
  it('answers a signed address that runs out, and a case of the same id', async () => {
    const { call, types } = setup()
    const { status, body } = await call('POST', '/sessions', { body: { case_type_id: 'ct_claim', idempotency_key: 's', ttl_hours: 2, external_case_id: 'CLM-9' } })
    expect(status).toBe(201)
    expect(body).toMatchObject({ session_id: expect.stringMatching(/^[0-9a-f-]{36}$/), expires_at: '2026-03-01T14:00:00.000Z', idempotent_replay: false })
    expect(body.signed_url).toMatch(new RegExp(`/s/${body.session_id}\\?token=[0-9a-f]{32}$`))
    expect(body.snippet).toBe(`<script>window.location.href="${body.signed_url}";</script>`)
    expect((await call('GET', `/cases/${body.session_id}`)).body).toMatchObject({ case_id: body.session_id, status: 'queued', external_case_id: 'CLM-9', document_ids: [] })
    expect(await types(body.session_id)).toEqual(['intake.session_created'])
    expect((await call('POST', '/sessions', { body: { case_type_id: 'ct_claim', idempotency_key: 'd' } })).body.expires_at).toBe('2026-03-08T12:00:00.000Z')
    for (const ttl_hours of [0, -1, 1e300]) expect(await call('POST', '/sessions', { body: { case_type_id: 'ct_claim', idempotency_key: 'e', ttl_hours } })).toMatchObject(failure(400, 'validation_error', 'invalid_request'))
  })

  it('plays an applicant where one is asked for', async () => {
    const { mock, call, types } = setup()
    const run = async (outcome: string) => {
      const { body } = await call('POST', '/sessions', { body: { case_type_id: 'ct_onboarding', idempotency_key: outcome, prefill: { field_values: { full_name: 'Ada Lovelace', date_of_birth: null } } }, headers: { 'x-mock-outcome': outcome } })
      await mock.advance(1_200)
      return [(await call('GET', `/cases/${body.session_id}`)).body, await types(body.session_id)]
    }
    expect(await run('success')).toEqual([expect.objectContaining({ status: 'completed', facts: { full_name: 'Ada Lovelace' } }), ['intake.session_created', 'intake.submitted', 'case.processing', 'case.completed']])
    expect(await run('degraded')).toEqual([expect.objectContaining({ status: 'needs_review' }), ['intake.session_created', 'case.applicant_blocked', 'intake.gap_resolved', 'intake.submitted', 'case.processing', 'case.needs_review']])
    expect((await run('failure'))[0]).toMatchObject({ status: 'failed' })
  })
})

describe('erasure', () => {
  it('gives a receipt, in batches where there is much, and nothing afterwards', async () => {
    const { mock, call, finished, process } = setup()
    expect(await call('DELETE', '/documents/doc_def456')).toMatchObject({ status: 200, body: { erasure_receipt: { completed: true, deleted_evidence: 5, deleted_candidates: 3, deleted_decisions: 2, deleted_document: true, batch_count: 10, remaining_budget: 90 } } })
    expect((await call('DELETE', '/documents/doc_def456')).status).toBe(404)
    expect((await call('GET', '/cases/case_abc123')).body).toMatchObject({ document_ids: [], features: {}, facts: {}, documents: [] })
    const batches = []
    for (let i = 0; i < 3; i++) batches.push(await call('DELETE', '/documents/doc_large01'))
    expect(batches.map(({ status, body: { erasure_receipt: r } }) => [status, r.completed, r.deleted_document, r.deleted_evidence, r.deleted_candidates, r.deleted_decisions])).toEqual([
      [202, false, false, 100, 0, 0], [202, false, false, 80, 20, 0], [200, true, true, 0, 40, 10],
    ])
    expect(await call('DELETE', '/documents/doc_large01')).toMatchObject(failure(404, 'not_found', 'document_not_found'))
    const made = await finished()
    expect((await call('DELETE', `/documents/${made.document_ids[0]}`)).body.erasure_receipt).toMatchObject({ deleted_evidence: 4, deleted_candidates: 3, deleted_decisions: 3 })
    const { case_id, doc_id } = (await process()).body
    expect((await call('DELETE', `/documents/${doc_id}`)).status).toBe(200)
    await mock.advance(5_000)
    expect((await call('GET', `/cases/${case_id}`)).body).toMatchObject({ status: 'failed', document_ids: [] })
  })
})

describe('webhooks', () => {
  it('delivers what happens, signed, to the endpoints that want it', async () => {
    const { finished, call, sent, mock } = setup()
    const { case_id } = await finished({ external_customer_id: 'cus-1' })
    const first = sent.filter(({ url }) => url === 'https://hooks.example.com/klarefi')
    const events = await Promise.all(first.map(({ body, headers }) => constructEvent<Json>(body, headers['x-klarefi-signature'], SECRET, { now: () => mock.clock.now() })))
    expect(events.map((event) => event.event_type)).toEqual(['v1.document.processed', 'v1.case.processing', 'v1.case.completed'])
    expect(sent).toHaveLength(3)
    const feed = (await call('GET', `/cases/${case_id}/events`)).body.events
    expect(events.map((event) => event.event_id)).toEqual(feed.slice(1).map((event: Json) => event.event_id))
    expect(events[2]).toEqual({
      event_id: feed[3].event_id, delivery_id: expect.stringMatching(/^whd_/), event_type: 'v1.case.completed', semantic_event_type: 'case.completed', schema_version: 'v1', created_at: feed[3].created_at, occurred_at: feed[3].created_at,
      org_id: 'org_abc123', case_id, session_id: null, external_case_id: null, external_applicant_id: null, external_customer_id: 'cus-1', idempotency_key: 'key-1', trace_id: null, data: { case_status: 'completed' },
    })
    const ack = await call('POST', `/webhooks/deliveries/${events[2].delivery_id}/ack`, { body: { acknowledgement_id: 'ack-1' } })
    expect(ack.body).toMatchObject({ delivery_id: events[2].delivery_id, acknowledgement_id: 'ack-1' })
    await mock.advance(1_000)
    expect((await call('POST', `/webhooks/deliveries/${events[2].delivery_id}/ack`, { headers: { 'idempotency-key': 'ack-2' } })).body).toEqual(ack.body)
  })

  it('tries again, and tells the other endpoints when it gives up', async () => {
    const { mock, call, sent, answers, world } = setup({ jobDuration: 'manual' })
    const invite = (idempotency_key: string) => call('POST', '/sessions', { body: { case_type_id: 'ct_claim', idempotency_key } })
    answers.push(500, 503)
    await invite('one')
    await mock.world().run()
    await mock.world().idle()
    expect(sent).toHaveLength(1)
    await mock.advance(5_000)
    await mock.world().idle()
    await mock.advance(30_000)
    await mock.world().idle()
    expect(sent.map(({ body }) => JSON.parse(body).delivery_id)).toEqual(Array<string>(3).fill(JSON.parse(sent[0]!.body).delivery_id))
    expect(world().store.collection('_deliveries').all()).toMatchObject([{ state: 'delivered', attempts: [{ status: 500 }, { status: 503 }, { status: 200 }] }])
    world().store.collection('_webhookEndpoints').insert({ id: 'whe_ops', url: 'https://ops.example.com/', _secret: 's', event_types: ['v1.webhook.delivery_failed'] })
    answers.push(500, 500, 500, 500, 500, 500)
    await invite('two')
    for (let i = 0; i < 8; i++) {
      await mock.advance(7_200_000)
      await mock.world().idle()
    }
    expect(JSON.parse(sent.find(({ url }) => url === 'https://ops.example.com/')!.body)).toMatchObject({ event_type: 'v1.webhook.delivery_failed', data: { failed_event_type: 'v1.intake.session_created', attempts: 6 } })
  })

  it('sends a test and says how it was answered', async () => {
    const { call, sent, answers, mock } = setup()
    const test = (endpoint_url: string, signing_secret = SECRET) => call('POST', '/webhooks/test', { body: { endpoint_url, signing_secret } })
    expect((await test('https://hooks.example.com/mine', 'whsec_mine')).body).toEqual({ success: true, status_code: 200 })
    expect(await constructEvent<Json>(sent[0]!.body, sent[0]!.headers['x-klarefi-signature'], 'whsec_mine', { now: () => mock.clock.now() })).toMatchObject({ event_type: 'v1.webhook.test', case_id: null, data: {} })
    answers.push(418)
    expect((await test('http://127.0.0.1:4999/hook')).body).toEqual({ success: false, status_code: 418 })
    expect(sent).toHaveLength(2)
    for (const url of ['http://hooks.example.com/', 'https://10.0.0.1/', 'https://router.local/']) expect(await test(url)).toMatchObject(failure(400, 'validation_error', 'invalid_request'))
    // Where nothing may leave the process, the endpoints of the seed are played.
    const alone = setup({ webhookTargets: 'loopback' })
    const played = (signing_secret: string) => alone.call('POST', '/webhooks/test', { body: { endpoint_url: 'https://hooks.example.com/klarefi', signing_secret } })
    expect((await played(SECRET)).body).toEqual({ success: true, status_code: 200 })
    expect((await played('whsec_wrong')).body).toEqual({ success: false, status_code: 401 })
    expect(alone.sent).toEqual([])
  })
})
