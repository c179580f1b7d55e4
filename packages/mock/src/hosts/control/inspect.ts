import { violation } from '../../kernel/contract.js'
import type { System } from '../../kernel/system.js'
import { answerText, type JournalEntry } from '../../world/journal.js'
import { REDACTED, redactText } from '../../world/redact.js'
import type { World } from '../../world/world.js'

/** One request with its answer, and what the document says of both. */
export interface Inspection extends JournalEntry {
  validation: {
    request: 'valid' | 'invalid' | 'unknown operation'
    /** `not kept` for streams, and for all but the latest 200 requests. */
    answer: 'valid' | 'invalid' | 'not kept' | 'by rule'
    /** Where the answer departs from the document. */
    problem?: string
  }
  answer?: { headers: Record<string, string | string[]>; body?: string }
}

export function inspect(world: World, n: number, systems: (name: string) => System | undefined): Inspection | undefined {
  const [entry] = world.journal.entries({ since: n - 1 })
  if (entry?.n !== n) return undefined
  const operation = entry.operationId === undefined ? undefined : systems(entry.system)?.operations.get(entry.operationId)
  const reply = world.journal.answer(n)
  const problem = operation && reply ? violation(operation, reply, true) : undefined
  const ruled = entry.note?.startsWith('by rule: code=') === true
  const body = reply && answerText(reply)
  return {
    ...entry,
    validation: {
      request: !operation ? 'unknown operation' : entry.issues ? 'invalid' : 'valid',
      answer: !reply ? 'not kept' : ruled ? 'by rule' : problem === undefined ? 'valid' : 'invalid',
      ...(problem !== undefined && !ruled && { problem }),
    },
    ...(reply && { answer: { headers: shown(reply.headers), ...(body !== undefined && { body }) } }),
  }
}

/** Without cookies, and without the signatures of addresses. */
function shown(headers: Readonly<Record<string, string | string[]>>): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, name === 'set-cookie' ? REDACTED : typeof value === 'string' ? redactText(value) : value.map(redactText)]))
}
