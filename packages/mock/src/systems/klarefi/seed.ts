import type { Seed } from '../../kernel/definition.js'
import type { Json, Members } from '../../kernel/types.js'
import { sha256Hex, stableStringify } from '../../world/hash.js'
import { ownerOf, seededId } from './environment.js'
import data from './seed.gen.json' with { type: 'json' }

/** The member that the API calls the id of a collection. */
const NAMES: Readonly<Record<string, string>> = {
  cases: 'case_id', 'cases.events': 'event_id', documents: 'doc_id', sessions: 'session_id', 'webhooks.deliveries': 'delivery_id', _caseTypes: 'case_type_id', _webhookEndpoints: 'id', _documents: 'file_name',
}

const given = data as Record<string, Json[]>

/** The seeded world twice: live keys have one copy and test keys the other, so that the same samples work with both. */
export const seed: Seed = Object.fromEntries([
  ...Object.entries(given).map(([collection, rows]) => [collection, NAMES[collection] === undefined ? rows : doubled(rows, NAMES[collection])] as const),
  ['_idempotency', [...replays(false), ...replays(true)]] as const,
])

function doubled(rows: readonly Json[], name: string): Json[] {
  return [...rows.map((row) => ({ ...row, id: row[name] })), ...rows.map((row) => ({ ...row, id: seededId(row[name], true), _environment: 'test' }))]
}

/** What the requests that made the seed would be answered if they came again. */
function replays(test: boolean): Json[] {
  const environment = test ? { _environment: 'test' } : {}
  const row = (operation: string, source: Json, parameters: Members, answer: Members): Json => {
    const owned = { ...(source._org && { _org: source._org }), ...environment }
    return { ...owned, id: `${ownerOf({ id: '', ...owned })}|${operation}|${source._idempotency_key}`, parameters: sha256Hex(stableStringify(parameters)), answer }
  }
  const submissions = (given['cases'] ?? []).filter((row) => row._idempotency_key).map((source) => {
    const { doc_id, job_id, document_url } = given['documents']!.find((document) => document.case_id === source.case_id)
    const { case_id, case_type_id, external_case_id, trace_id } = source
    const parameters = { document_url, case_type_id, ...(external_case_id && { external_case_id }), ...(trace_id && { trace_id }) }
    return row('process.create', source, parameters, { case_id, doc_id, job_id, status: 'queued' })
  })
  const sessions = (given['sessions'] ?? []).filter((row) => row._idempotency_key).map((source) => {
    const { session_id, signed_url, expires_at, snippet } = source
    return row('sessions.create', source, source._parameters, { session_id, signed_url, expires_at, snippet })
  })
  return [...submissions, ...sessions]
}
