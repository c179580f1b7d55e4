import { FAULT_KINDS } from '../../kernel/reply.js'

type Schema = Record<string, unknown>

export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })
export const list = (items: Schema): Schema => ({ type: 'array', items })
export const object = (properties: Record<string, Schema>, required: readonly string[] = Object.keys(properties)): Schema => ({ type: 'object', properties, ...(required.length > 0 && { required }) })
export const string = (description?: string): Schema => ({ type: 'string', ...(description && { description }) })
export const count = (description: string, minimum = 0): Schema => ({ type: 'integer', minimum, description })

const milliseconds = (description: string): Schema => ({ type: 'number', description: `${description}, in milliseconds` })

const matching: Record<string, Schema> = {
  system: string(), operation: string('Id of an operation: `agents.create`'), method: string(), path: string('The whole path, without the query'),
  status: count('Status of the answer'), since: count('Only requests after this number of the journal'),
}

const match = {
  ...matching,
  headers: { type: 'object', additionalProperties: { type: 'string' }, description: 'By name; equal' },
  query: { type: 'object', additionalProperties: { type: 'string' }, description: 'By name; equal' },
  body: { description: 'A part of the JSON body: objects may hold more, arrays may not' },
}

const times = { times: count('Exactly so often'), atLeast: count('Default: 1'), atMost: count('Default: no bound') }

const entry = {
  n: count('Counts from 1 since the last reset', 1), at: milliseconds('Time on the world’s clock'), system: string(), operationId: string('Absent where no operation fits'), method: string(), path: string('With its query'),
  headers: { type: 'object', additionalProperties: { type: 'string' } }, body: string('At most 64 KiB of it'), status: count('0 until the answer is known'), note: string('Why the server itself was wrong, or what a rule did'),
  issues: list(object({ field: string(), in: string(), message: string(), keyword: string() })),
}
const ENTRY = ['n', 'at', 'system', 'method', 'path', 'headers', 'status']

const rule = {
  id: string('Default: `fault-1`, `fault-2` ...; one of the same id is replaced'), system: string(), operation: string(), method: string(), path: string('Part of the path'),
  status: { type: 'integer', minimum: 200, maximum: 599, description: 'Answers with this status in the vendor’s shape instead of running the operation' }, code: string('Error code to go with it'),
  delay: { type: 'integer', minimum: 0, maximum: 86_400_000, description: 'Milliseconds before the answer' },
  fault: { type: 'string', enum: [...FAULT_KINDS] }, after: count('For faults: bytes of the body, events of a stream or messages of a socket that get through'),
  times: count('How often it strikes; then requests succeed again. Default: once', 1), skip: count('Requests to let through first. Default: 0'),
}

/** What bodies and answers of the control plane are made of. */
export const schemas: Readonly<Record<string, Schema>> = {
  Ok: object({ ok: { const: true } }),
  Error: object({ error: string() }),
  Clock: object({ now: milliseconds('Since the epoch'), time: { type: 'string', format: 'date-time' }, frozen: { type: 'boolean' } }),
  World: object({ name: string('Empty for the default world'), seed: string(), hash: string('Equal for worlds that remember the same'), requests: count('Since the last reset'), connections: count('Open streams and sockets'), clock: ref('Clock'), systems: list(string()) }),
  Snapshot: object({ format: { const: 'orkit-mock' }, version: count('Of the format'), seed: string(), clock: object({ offset: milliseconds('Added to real time; the whole time while frozen'), frozen: { type: 'boolean' } }), faults: list({ type: 'object' }), systems: { type: 'object', description: 'What each vendor remembers' } }),
  Match: object(match, []),
  Expected: object({ ...match, ...times }, []),
  Rule: object(rule, []),
  ActiveRule: object({ ...rule, left: count('How often it will still strike') }, ['id', 'left']),
  Entry: object(entry, ENTRY),
  Inspection: object({
    ...entry,
    validation: object({ request: { enum: ['valid', 'invalid', 'unknown operation'] }, answer: { enum: ['valid', 'invalid', 'not kept', 'by rule'] }, problem: string('Where the answer departs from the document') }, ['request', 'answer']),
    answer: object({ headers: { type: 'object' }, body: string() }, ['headers']),
  }, [...ENTRY, 'validation']),
  Verdict: object({
    verified: { type: 'boolean' }, count: count('Requests that fit'), matched: list(count('Number of a request')), message: string('What was expected, and where the nearest requests differ'),
    nearest: { ...list(object({ n: count('Number of the request'), request: string(), differences: list(object({ pointer: string(), expected: string(), actual: string() })) })), maxItems: 3 },
  }, ['verified', 'count', 'matched']),
  Job: object({ kind: string(), id: string(), owner: string(), status: string(), step: count('Index of the state'), progress: { type: 'number', minimum: 0, maximum: 100 }, startedAt: milliseconds('Since the epoch'), at: milliseconds('When this state began'), finishedAt: milliseconds('Absent while it runs'), done: { type: 'boolean' }, outcome: { enum: ['success', 'failure', 'cancelled'] }, reason: string('Of a failure'), data: {} }, ['kind', 'id', 'owner', 'status', 'step', 'progress', 'startedAt', 'at', 'done']),
  Attempt: object({ at: milliseconds('Since the epoch'), status: count('Of the receiver’s answer'), error: string('Why there was none'), refused: { const: true, description: 'It was never sent: the address is not allowed' } }, ['at']),
}
