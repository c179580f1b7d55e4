import { Reply } from '../../kernel/reply.js'
import { isSystem } from '../../systems/index.js'
import type { JournalFilter } from '../../world/journal.js'
import { type RequestMatch, verify, VerificationError, verifyOrder } from '../../world/verify.js'
import { type Action, checkOperation, missing, ok } from './action.js'
import { journalEvents } from './events.js'
import { inspect } from './inspect.js'
import { count, list, object, ref, string } from './schemas.js'
import { waitFor } from './wait.js'

const tag = 'Requests'
const number = (description: string) => ({ type: 'integer', minimum: 0, description })
const filters = {
  system: { type: 'string', description: 'Only this system' }, operation: { type: 'string', description: 'Only this operation: `agents.list`' }, method: { type: 'string', description: 'Only this method' },
  path: { type: 'string', description: 'Part of the path' }, status: number('Only this status'), since: number('Only after this number'),
}
const NUMBERS = new Set(['status', 'since', 'limit', 'times', 'atLeast', 'atMost'])

export const requestActions: readonly Action[] = [
  {
    method: 'GET', path: '/journal', id: 'journal', tag, inProcess: ['journal.entries'], summary: 'Lists the last 1,000 requests, the oldest first, secrets taken out', reads: true,
    query: { ...filters, limit: number('Only the latest so many') }, answers: { 200: { description: 'Requests', schema: list(ref('Entry')) } },
    run: ({ world, query }) => ok(world.journal.entries(filterOf(query))),
  },
  {
    method: 'GET', path: '/journal/{n}', id: 'inspect', tag, inProcess: ['inspect'], summary: 'Shows one request with its answer, and what the document says of both', reads: true,
    answers: { 200: { description: 'The request', schema: ref('Inspection') }, 404: { description: 'There is none', schema: ref('Error') } },
    run: ({ world, path, gateway }) => {
      const found = inspect(world, Number(path['n']), (name) => (isSystem(name) ? gateway.known(name) : undefined))
      return found ? ok(found) : missing(`The journal has no request ${path['n']}`)
    },
  },
  {
    method: 'GET', path: '/events', id: 'events', tag, inProcess: ['journal.subscribe'], summary: 'Tells requests as they are answered', description: 'What was there after `since` (or the header `Last-Event-ID`) first. Events: `hello`, `request` with the number as its id, `reset`, `heartbeat`.', reads: true,
    query: { since: number('Begins after this number') }, answers: { 200: { description: 'Server-sent events', schema: string(), type: 'text/event-stream' } },
    run: ({ world, query, headers }) => journalEvents(world, Number(headers['last-event-id'] ?? query['since'] ?? 0) || 0),
  },
  {
    method: 'GET', path: '/verify', id: 'check', tag, inProcess: ['verify'], summary: 'Verifies by query: for a shell', reads: true,
    query: { ...filters, path: { type: 'string', description: 'The whole path' }, times: number('Exactly so often'), atLeast: number('Default: 1'), atMost: number('Default: no bound') }, answers: { 200: { description: 'Whether it was called so', schema: ref('Verdict') } },
    run: async ({ world, query, gateway }) => {
      const { times, atLeast, atMost, ...match } = numbered(query) as RequestMatch & { times?: number; atLeast?: number; atMost?: number }
      await checkOperation(gateway, match)
      return ok(verify(world.journal, match, timesOf({ times, atLeast, atMost })))
    },
  },
  {
    method: 'POST', path: '/verify', id: 'verify', tag, inProcess: ['verify', 'verifyOrder'], summary: 'Says whether requests were made as expected, and shows the nearest three where not', description: 'So often (default: at least once), or one after the other with `order`; others may stand in between.', reads: true,
    body: { schema: { anyOf: [ref('Expected'), object({ order: list(ref('Match')) })] }, required: true, example: { system: 'orckai', operation: 'agents.create', body: { name: 'Sales' }, times: 1 } }, answers: { 200: { description: 'Whether they were', schema: ref('Verdict') } },
    run: async ({ world, body, gateway }) => {
      if (Array.isArray(body.order)) {
        for (const match of body.order) await checkOperation(gateway, match)
        return ok(verifyOrder(world.journal, body.order))
      }
      const { times, atLeast, atMost, ...match } = body
      await checkOperation(gateway, match)
      return ok(verify(world.journal, match, timesOf({ times, atLeast, atMost })))
    },
  },
  {
    method: 'POST', path: '/wait', id: 'wait', tag, inProcess: ['waitFor'], summary: 'Answers with the first request that fits, made already or to come', reads: true,
    body: { schema: { allOf: [ref('Match'), object({ timeout: count('Real milliseconds. Default: 5,000') }, [])] }, required: true, example: { operation: 'agents.create', timeout: 2_000 } },
    answers: { 200: { description: 'The request', schema: ref('Entry') }, 408: { description: 'None came in time', schema: object({ error: string(), nearest: list({ type: 'object' }) }) } },
    run: async ({ world, body, gateway }) => {
      const { timeout, ...match } = body
      await checkOperation(gateway, match)
      try {
        return ok(await waitFor(world, match, timeout))
      } catch (error) {
        if (error instanceof VerificationError) return new Reply(408, { error: error.message, nearest: error.verdict.nearest })
        throw error
      }
    },
  },
]

/** Figures of a query as numbers. */
function numbered(query: Readonly<Record<string, string>>): Record<string, string | number> {
  const out: Record<string, string | number> = {}
  for (const [name, value] of Object.entries(query)) {
    if (NUMBERS.has(name) && !/^\d+$/.test(value)) throw new Error(`${name} must be a whole number`)
    out[name] = NUMBERS.has(name) ? Number(value) : value
  }
  return out
}

function filterOf(query: Readonly<Record<string, string>>): JournalFilter {
  const { operation, ...rest } = numbered(query)
  return { ...rest, ...(operation !== undefined && { operationId: String(operation) }) }
}

function timesOf(times: { times?: number | undefined; atLeast?: number | undefined; atMost?: number | undefined }) {
  return Object.fromEntries(Object.entries(times).filter(([, value]) => value !== undefined))
}
