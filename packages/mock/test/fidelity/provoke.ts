import type { Operation } from '../../src/kernel/system.js'
import type { SystemName } from '../../src/systems/index.js'
import { signIn } from '../orbiter.js'
import type { Answer, Arena } from '../harness/arena.js'
import { bearer, orcaToken, type Headers } from '../harness/accounts.js'
import { describeOperation, type Json } from '../harness/documents.js'
import { idsOf } from '../harness/ids.js'
import { exampleForm, type Given } from '../harness/requests.js'

/** Makes an operation fail with one documented status, as a user would. `undefined`: no way is known. */
export type Provocation = (at: Arena, operation: Operation) => Promise<Answer> | undefined

const given = (make: (at: Arena, operation: Operation) => Given): Provocation => (at, operation) => at.send(operation, make(at, operation))
const signed = (headers: (at: Arena) => Headers | Promise<Headers>, more: Given = {}): Provocation => async (at, operation) => at.send(operation, more, await headers(at))
const body = (change: (example: Json) => Json): Provocation => given((at, operation) => ({ body: change(describeOperation(at.document, operation.id).content['application/json']?.example) }))

/** A key of the seed with other scopes than it was given. */
const rescoped = (system: SystemName, prefix: string, headers: Headers): Provocation => signed(async (at) => {
  const state = structuredClone(await at.mock.snapshot())
  for (const [, row] of state.systems[system]!.store.collections['_keys']!) if (String(row['_prefix']).startsWith(prefix)) Object.assign(row, { _scopes: [] })
  await at.mock.restore(state)
  return headers
})

const UNKNOWN: Readonly<Record<SystemName, (value: string) => string>> = {
  orca: (value) => (/^\d+$/.test(value) ? '987654' : value.replace(/^.{8}/, 'ffffffff')),
  orckai: (value) => value.replace(/^.{8}/, 'ffffffff'),
  flexorch: (value) => (/^\d+$/.test(value) ? '987654' : 'nothing'),
  klarefi: () => 'nothing_0',
  orbiter: (value) => value.replace(/^.{8}/, 'ffffffff'),
}

/** An id that nobody has. */
const missing: Provocation = (at, operation) => {
  const ids = idsOf(at.system, operation, 'main')
  if (Object.keys(ids).length === 0) return undefined
  return at.send(operation, { path: Object.fromEntries(Object.entries(ids).map(([name, value]) => [name, UNKNOWN[at.system](value)])) })
}

/** A body of another kind, a parameter of another type, or bytes that are no text. */
const invalid: Provocation = (at, operation) => {
  const { content, parameters } = describeOperation(at.document, operation.id)
  const path = idsOf(at.system, operation, 'main')
  if (content['application/json']) return at.send(operation, { path, body: ['not', 'an', 'object'] })
  if (content['multipart/form-data']) return at.send(operation, { path, body: new FormData() })
  const numeric = parameters.find((parameter) => parameter.in === 'query' && ['integer', 'number', 'boolean'].includes(parameter.schema.type))
  if (numeric) return at.send(operation, { path, query: { [numeric.name]: 'abc' } })
  const chosen = parameters.find((parameter) => parameter.in === 'query' && parameter.schema.enum)
  if (chosen) return at.send(operation, { path, query: { [chosen.name]: 'nothing-of-the-kind' } })
  // Free text takes anything that is text: what is no UTF-8 is none.
  const text = parameters.find((parameter) => parameter.in === 'query')
  return text && at.call(operation.method, `${operation.path}?${text.name}=%FF`, at.auth(operation))
}

const anonymous: Provocation = (at, operation) => (operation.security.length > 0 ? at.send(operation, {}, {}) : undefined)
const file = (name: string, bytes: number): Provocation => given((at, operation) => ({ path: idsOf(at.system, operation, 'main'), body: exampleForm(operation, name, 'x'.repeat(bytes)) }))
const starter = signed(() => ({ 'x-api-key': 'dfx_test_starter_00000000000000000000' }))
const worker = signed(async (at) => bearer(await orcaToken(at.mock, 'wim@example.com')))
const uncsrf: Provocation = (at, operation) => (['GET', 'HEAD', 'OPTIONS'].includes(operation.method) ? undefined : at.send(operation, {}, { cookie: at.who.main['session']!['cookie']! }))
const viewer = signed(async (at) => (await signIn(at.mock, 'vic')).headers)

/** What holds for most operations of a system. */
const general: Readonly<Record<SystemName, Readonly<Record<number, Provocation>>>> = {
  orca: {
    400: invalid, 401: anonymous, 404: missing,
    403: (at, operation) => (operation.security[0]?.['apiKey'] ? rescoped('orca', 'orca_live_te', bearer('orca_live_test_admin_0000000000000000')) : worker)(at, operation),
  },
  orckai: { 400: invalid, 401: anonymous, 403: rescoped('orckai', 'oak_test_org', { 'x-api-key': 'oak_test_org_only_000000000000000000' }), 404: missing },
  flexorch: { 401: anonymous, 402: signed(() => ({ 'x-api-key': 'dfx_test_expired_00000000000000000000' })), 403: starter, 404: missing, 422: invalid },
  klarefi: { 400: invalid, 401: anonymous, 403: signed(() => bearer('sk_test_no_scope_0000000000000000000')), 404: missing },
  orbiter: { 401: anonymous, 403: uncsrf, 404: missing, 422: invalid },
}

/** Where an operation needs a way of its own. */
const special: Readonly<Record<SystemName, Readonly<Record<string, Provocation>>>> = {
  orca: {
    'auth.login 401': body((example) => ({ ...example, password: 'wrong' })),
    'auth.totp.complete 401': body((example) => ({ ...example, temp_token: 'nobody' })),
    'auth.refresh 401': body(() => ({ refresh_token: 'nobody' })),
    'jobs.create 404': body((example) => ({ ...example, file_ids: [987654] })),
    'public.scans.trigger 404': body((example) => ({ ...example, source_id: 987654 })),
  },
  orckai: {
    'agents.execute 404': body((example) => ({ ...example, agentId: 'nobody' })),
    'chat.complete 404': body((example) => ({ ...example, conversationId: 'nobody' })),
    'chat.stream 404': body((example) => ({ ...example, conversationId: 'nobody' })),
    'workflows.executions.cancel 400': given(() => ({ path: { id: 'e5f6g7h8-0000-4000-8000-000000000001' } })),
    'workflows.executions.retry 400': given(() => ({ path: { id: 'e5f6g7h8-0000-4000-8000-000000000003' } })),
    'templates.list 400': given(() => ({ query: { category: 'nothing' } })),
  },
  flexorch: {
    'auth.login 401': body((example) => ({ ...example, password: 'wrong' })),
    'auth.refresh 401': body(() => ({ refresh_token: 'nobody' })),
    'audit.export 422': given(() => ({ query: { format: 'xlsx' } })),
    'datasets.export 422': given(() => ({ path: { id: '28' }, query: { format: 'nothing' } })),
    'datasets.exportByFormat 422': given(() => ({ path: { id: '28', format: 'nothing' } })),
    'datasets.complianceReport 422': given(() => ({ path: { id: '28' }, query: { format: 'nothing' } })),
    'usage.qualityTrend 422': given(() => ({ query: { period: 'nothing' } })),
    'usage.history 422': given(() => ({ query: { period: 'nothing' } })),
    'documents.process 400': given(() => ({ body: form({ locale: 'en' }) })),
    'documents.process 413': file('big.txt', 50 * 1024 * 1024 + 1),
    'documents.process 415': file('program.exe', 10),
    'documents.process 422': given(() => ({ body: { source: { connector_id: 987654, keys: ['a.pdf'] } } })),
    'documents.reprocess 400': given(() => ({ path: { id: '507' } })),
    'search.query 403': signed(() => ({ 'x-api-key': 'dfx_test_starter_00000000000000000000' }), { body: { query: 'x', mode: 'hybrid' } }),
    'fineTune.create 404': body((example) => ({ ...example, dataset_id: 987654 })),
    'scheduler.createSchedule 404': body((example) => ({ ...example, connector_id: 987654 })),
  },
  klarefi: {
    'process.create 402': signed(() => bearer('sk_live_billing_blocked_000000000000')),
    'process.create 428': signed(() => bearer('sk_live_legal_pending_00000000000000')),
    'sessions.create 402': signed(() => bearer('sk_live_billing_blocked_000000000000')),
    'sessions.create 428': signed(() => bearer('sk_live_legal_pending_00000000000000')),
    'cases.events 400': given(() => ({ path: { case_id: 'case_abc123' }, query: { after_cursor: 'abc' } })),
  },
  orbiter: {
    'auth.login 401': body((example) => ({ ...example, password: 'wrong' })),
    'auth.register 409': body((example) => ({ ...example, email: 'ada@example.com' })),
    'auth.logout 403': uncsrf,
    'agents.create 404': body((example) => ({ ...example, project_id: 'ffffffff-0000-4000-8000-000000000000' })),
    'tools.create 404': body((example) => ({ ...example, project_id: 'ffffffff-0000-4000-8000-000000000000' })),
    'workflows.create 404': body((example) => ({ ...example, project_id: 'ffffffff-0000-4000-8000-000000000000' })),
    'deployments.create 404': body((example) => ({ ...example, entity_id: 'ffffffff-0000-4000-8000-000000000000' })),
    'ci.deploy 404': body((example) => ({ ...example, entity_id: 'ffffffff-0000-4000-8000-000000000000' })),
    'ci.evaluate 404': body((example) => ({ ...example, evaluation_id: 'ffffffff-0000-4000-8000-000000000000' })),
    'ci.deploy 401': signed(() => ({ 'x-api-key': 'orb_ci_nobody' })), 'ci.evaluate 401': signed(() => ({ 'x-api-key': 'orb_ci_nobody' })), 'ci.status 401': signed(() => ({ 'x-api-key': 'orb_ci_nobody' })),
    'ci.deploy 403': signed(() => ({ 'x-api-key': 'orb_ci_test_status_0000000000000000000000000000000' })),
    'ci.evaluate 403': signed(() => ({ 'x-api-key': 'orb_ci_test_status_0000000000000000000000000000000' })),
    'ci.status 403': signed(() => ({ 'x-api-key': 'orb_ci_test_deploy_0000000000000000000000000000000' })),
    'ci.status 422': signed(() => ({ 'x-mock-errors': 'vendor' })),
    'deployments.run 403': signed((at) => ({ ...at.who.main['deploymentKey']!, cookie: at.who.main['session']!['cookie']! })),
    'providers.list 403': viewer, 'providers.get 403': viewer,
    'knowledgeBases.documents.upload 413': file('big.txt', 50 * 1024 * 1024 + 1),
    'alerts.rules.update 400': given(() => ({ path: { rule_id: '30000000-0000-4000-8000-000000000001' }, body: {} })),
    'workflows.run 422': async (at, operation) => {
      const empty = await at.send(at.operation('workflows.create'), { body: { name: 'Empty', project_id: 'b0000000-0000-4000-8000-000000000001', nodes_json: '[]' } })
      return at.send(operation, { path: { workflow_id: empty.body.id } })
    },
    'workflows.runs.cancel 422': given(() => ({ path: { workflow_id: 'd0000000-0000-4000-8000-000000000001', run_id: 'd1000000-0000-4000-8000-000000000001' } })),
  },
}

function form(members: Readonly<Record<string, string>>): FormData {
  const made = new FormData()
  for (const [name, value] of Object.entries(members)) made.append(name, value)
  return made
}

export function provoke(at: Arena, operation: Operation, status: number): Promise<Answer> | undefined {
  const own = special[at.system][`${operation.id} ${status}`]
  return (own ?? general[at.system][status])?.(at, operation)
}

const klarefi = (change: (example: Json) => Json, key = 'sk_live_full_access_0000000000000000'): Provocation => (at, operation) =>
  at.send(operation, { body: change(describeOperation(at.document, operation.id).content['application/json'].example) }, bearer(key))

/** Documented codes that share their status with another: each is met on its own. */
export const codes: Readonly<Record<SystemName, readonly (readonly [code: string, operation: string, way: Provocation])[]>> = {
  orca: [],
  orckai: [['API_KEY_INVALID', 'agents.list', signed(() => ({ 'x-api-key': 'oak_nobody' }))]],
  flexorch: [
    ['INVALID_API_KEY', 'usage.get', signed(() => ({ 'x-api-key': 'dfx_nobody' }))],
    ['DOCUMENT_FILE_NOT_AVAILABLE', 'documents.reprocess', given(() => ({ path: { id: '508' } }))],
    ['QUOTA_EXCEEDED', 'documents.process', (at, operation) => at.send(operation, { body: exampleForm(operation, 'a.txt') }, { 'x-api-key': 'dfx_test_quota_0000000000000000000000' })],
    ['NO_OUTPUT_DATA', 'datasets.create', body((example) => ({ ...example, execution_ids: [109] }))],
  ],
  klarefi: [
    ['invalid_api_key', 'me.get', signed(() => bearer('sk_live_nobody'))],
    ['missing_document_url', 'process.create', klarefi(({ document_url: _, ...rest }) => rest)],
    ['invalid_document_url', 'process.create', klarefi((example) => ({ ...example, document_url: 'https://127.0.0.1/claim.pdf' }))],
    ['missing_case_type_id', 'process.create', klarefi(({ case_type_id: _, ...rest }) => rest)],
    ['case_type_not_found', 'process.create', klarefi((example) => ({ ...example, case_type_id: 'ct_nothing' }))],
    ['missing_idempotency_key', 'process.create', klarefi(({ idempotency_key: _, ...rest }) => rest)],
    ['webhook_url_not_supported', 'process.create', klarefi((example) => ({ ...example, webhook_url: 'https://hooks.example.com/x' }))],
    ['idempotency_key_conflict', 'process.create', async (at, operation) => {
      await at.send(operation)
      return klarefi((example) => ({ ...example, trace_id: 'another' }))(at, operation)!
    }],
    ['live_usage_limit_reached', 'process.create', klarefi((example) => ({ ...example, case_type_id: 'ct_usage_limited' }))],
  ],
  orbiter: [['FORBIDDEN', 'projects.delete', async (at, operation) => {
    const vic = await signIn(at.mock, 'vic')
    const { id } = (await vic('POST', '/api/v1/projects', { name: 'Of a viewer' })).body
    return at.send(operation, { path: { project_id: id } }, vic.headers)
  }]],
}
