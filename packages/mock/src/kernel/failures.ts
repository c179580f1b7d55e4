import type { Effect } from '../effects/faults.js'
import { ANONYMOUS } from './context.js'
import type { Exchange } from './exchange.js'
import { CursorError } from './paging.js'
import type { Failure } from './profile.js'
import { Reply, ReplyError } from './reply.js'
import { RequestError } from './request.js'

/** What cannot be read, in the vendor's words. */
export function malformed(x: Exchange, message: string): Failure {
  const { failures } = x.profile
  return failures.malformed?.(message) ?? failures.validation([{ field: '', in: 'body', message, keyword: 'json' }])
}

/** What `WWW-Authenticate` says. */
export function challenge(x: Exchange, scheme: string, reason: string): string {
  const found = x.world.system.definition.document.schemes[scheme]
  if (found?.strategy === 'jwt' || found?.strategy === 'bearer') return reason === 'missing' ? 'Bearer' : 'Bearer error="invalid_token"'
  return found?.strategy === 'session' ? `Cookie cookie-name="${found.name}"` : `ApiKey header="${found?.name ?? ''}"`
}

/** The answer that a rule asks for, in the shape of the vendor's own failures of that status. */
export function forced(x: Exchange, effect: Effect): Reply {
  const { failures, codes } = x.profile
  const status = effect.status!
  const kindred = status === 401 ? failures.unauthorized('invalid', Object.keys(x.operation?.security[0] ?? {})[0] ?? '')
    : status === 403 ? failures.scope(Object.values(x.operation?.security[0] ?? {})[0] ?? [], ANONYMOUS)
    : status === 404 ? failures.notFound('')
    : status === 429 ? failures.rateLimited(x.operation?.category ?? '', 1)
    : status < 500 ? malformed(x, 'Asked for by a rule')
    : failures.internal('Asked for by a rule')
  const code = effect.code ?? (codes[kindred.code] === status ? kindred.code : (Object.entries(codes).find(([, value]) => value === status)?.[0] ?? kindred.code))
  if (status < 400) return new Reply(status)
  const reply = x.refuse({ ...kindred, code, status })
  if (status === 429) x.allowance = { allowed: false, limit: 1, remaining: 0, reset: x.world.now() + 1000, wait: 1 }
  return reply
}

/** The answer to what was thrown. */
export function caught(x: Exchange, error: unknown): Reply {
  const { failures } = x.profile
  if (error instanceof ReplyError) return error.reply
  if (error instanceof CursorError) return x.refuse(failures.validation([{ field: error.parameter, in: 'query', message: error.message, keyword: 'cursor' }]))
  if (error instanceof RequestError) {
    const kindred = malformed(x, error.message)
    if (error.kind === 'malformed') return x.refuse(kindred)
    if (error.kind === 'tooLarge') return x.refuseWith(413, failures.tooLarge?.(), kindred, error.message)
    return x.refuseWith(415, failures.unsupportedMediaType?.(error.message), kindred, error.message)
  }
  const text = error instanceof Error ? error.message : String(error)
  const reply = x.refuse({ ...failures.internal(x.world.options.strict ? text : 'Internal server error'), status: 500 })
  reply.note = error instanceof Error ? (error.stack ?? text) : text
  return reply
}

/** The answer instead of one that breaks the document. */
export function contractViolation(x: Exchange, wrong: string, was: Reply): Reply {
  was.lifetime?.close()
  const message = `mock_contract_violation: ${x.operation!.id}: ${wrong}`
  const reply = x.refuse({ ...x.profile.failures.internal(message), message, status: 500 })
  reply.note = `${message}\nanswer: ${JSON.stringify(was.body)?.slice(0, 2000)}${was.note ? `\n${was.note}` : ''}`
  return reply.header('x-mock-contract-violation', message.replaceAll(/[^\x20-\x7e]/g, '?'))
}
