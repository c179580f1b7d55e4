import type { Context } from '../../kernel/context.js'
import type { Reply } from '../../kernel/reply.js'
import type { Members } from '../../kernel/types.js'
import { sha256Hex, stableStringify } from '../../world/hash.js'

/** The key of a request: the one in the body wins over the header. */
export function keyOf(c: Context): string {
  return c.body.idempotency_key ?? c.header('idempotency-key') ?? c.fail('missing_idempotency_key', 'idempotency_key is required, in the body or as the header Idempotency-Key')
}

/** 201 for the first request with a key, 200 with the first answer for an equal one, a conflict for any other. */
export function once(c: Context, key: string, make: () => Members): Reply {
  const { idempotency_key: _, ...input } = c.body as Members
  const parameters = sha256Hex(stableStringify(input))
  const id = `${c.owner}|${c.op.id}|${key}`
  const before = c.store('_idempotency').get(id)
  if (before && before['parameters'] !== parameters) return c.error('idempotency_key_conflict', 'The idempotency key was used before with other parameters')
  if (before) return c.reply(200, { ...before['answer'], idempotent_replay: true })
  const answer = make()
  c.store('_idempotency').insert({ id, parameters, answer })
  return c.reply(201, { ...answer, idempotent_replay: false })
}
