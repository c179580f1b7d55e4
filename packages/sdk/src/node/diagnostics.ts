import { tracingChannel } from 'node:diagnostics_channel'
import type { Policy } from '../core/pipeline.js'
import { createRedactor } from '../core/redact.js'

/** What subscribers of `tracing:orkit:request:*` are told of an attempt. It holds no credential and no body. */
export interface DiagnosticsMessage {
  /** Short name of the system, `orckai`. */
  readonly system: string
  /** Operation id, `agents.get`: a good name for a span. */
  readonly operation: string
  /** HTTP method, in capitals. */
  readonly method: string
  /** With secret query values hidden. */
  readonly url: string
  /** Path template: a good attribute, since it does not grow with the ids. */
  readonly route: string
  /** 1 for the first. */
  readonly attempt: number
  /** Epoch milliseconds. */
  readonly startedAt: number
  /** Sent with the attempt: for `traceparent` and the like. */
  setHeader(name: string, value: string): void
  /** Milliseconds from the start to the answer or the failure. From `asyncEnd` and `error` on. */
  durationMs?: number
  /** HTTP status, of a refusal too; absent when there was no answer. From `asyncEnd` and `error` on. */
  status?: number
  /** The vendor's id of the request; absent where it gives none. From `asyncEnd` and `error` on. */
  requestId?: string
  /** What the attempt failed of, as it was thrown. Absent when it succeeded. */
  error?: unknown
}

const channel = tracingChannel<unknown, DiagnosticsMessage>('orkit:request')

/**
 * Publishes each attempt on Node's diagnostics channels `tracing:orkit:request:start`, `end`, `asyncStart`, `asyncEnd` and `error`, so that OpenTelemetry and others
 * can attach without the SDK knowing them: `new Orckai({ policies: [diagnostics()] })`. Nothing is done while nobody has subscribed.
 */
export function diagnostics(): Policy {
  const { url: clean } = createRedactor()
  return (call, next) => {
    if (![channel.start, channel.end, channel.asyncStart, channel.asyncEnd, channel.error].some(({ hasSubscribers }) => hasSubscribers)) return next(call)
    const message: DiagnosticsMessage = {
      system: call.profile.system, operation: call.op.id, method: call.op.method, url: clean(call.url), route: call.op.path, attempt: call.attempt, startedAt: Date.now(),
      setHeader: (name, value) => { (call.headers as Record<string, string>)[name.toLowerCase()] = value },
    }
    const done = (facts: { readonly status?: number; readonly requestId?: string | undefined }) => {
      message.durationMs = Date.now() - message.startedAt
      if (typeof facts.status === 'number') message.status = facts.status
      if (typeof facts.requestId === 'string') message.requestId = facts.requestId
    }
    return channel.tracePromise(async () => {
      try {
        const reply = await next(call)
        done(reply)
        return reply
      } catch (error) {
        done(error as { status?: number; requestId?: string })
        throw error
      }
    }, message)
  }
}
