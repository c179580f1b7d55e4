import { Reply } from '../../kernel/reply.js'
import type { Json } from '../../kernel/types.js'
import { isSystem, type SystemName } from '../../systems/index.js'
import type { World } from '../../world/world.js'
import type { Gateway } from '../gateway.js'

export interface ControlCall {
  world: World
  /** The JSON body, or an empty object. */
  body: Json
  query: Readonly<Record<string, string>>
  path: Readonly<Record<string, string>>
  headers: Readonly<Record<string, string>>
  gateway: Gateway
}

type Schema = Readonly<Record<string, unknown>>

/** One action of the control plane: what routes it, describes it, and does it. */
export interface Action {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Under `/__orkit`, with parameters in braces. */
  readonly path: string
  readonly id: string
  readonly tag: string
  /** What does the same in process: a member of `createMock()`. */
  readonly inProcess: readonly string[]
  readonly summary: string
  readonly description?: string
  readonly query?: Readonly<Record<string, Schema & { description: string }>>
  readonly body?: { readonly schema: Schema; readonly required?: true; readonly example?: unknown }
  /** What it answers with, beside 400 and 403. */
  readonly answers: Readonly<Record<number, { readonly description: string; readonly schema: Schema; readonly type?: 'text/event-stream' }>>
  /** Changes the world without leaving anything to write down, or only reads it. */
  readonly reads?: true
  /** What it throws becomes a 400 with its message. */
  run(call: ControlCall): Reply | Promise<Reply>
}

export const ok = (body: unknown = { ok: true }): Reply => new Reply(200, body)
export const missing = (error: string): Reply => new Reply(404, { error })

export function systemOf(gateway: Gateway, name: unknown): SystemName {
  if (typeof name === 'string' && isSystem(name) && gateway.options.systems.includes(name)) return name
  throw new Error(`system must name one that is served: ${gateway.options.systems.join(', ')}`)
}

/** A rule or a match for an operation that does not exist would silently never fit. */
export async function checkOperation(gateway: Gateway, { system, operation }: { system?: string; operation?: string }): Promise<void> {
  if (system !== undefined) systemOf(gateway, system)
  if (operation === undefined) return
  const names = system === undefined ? gateway.options.systems : [system as SystemName]
  for (const name of names) if ((await gateway.load(name)).operations.has(operation)) return
  throw new Error(`There is no operation ${operation} in ${names.join(', ')}`)
}

export function text(body: Json, name: string): string | undefined {
  if (body[name] === undefined || typeof body[name] === 'string') return body[name]
  throw new Error(`${name} must be a text`)
}
