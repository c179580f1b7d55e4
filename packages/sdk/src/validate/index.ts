import { DecodeError } from '../core/errors/network.js'
import { hide, InvalidArgumentError } from '../core/errors/base.js'
import type { Policy, PolicyHost, Reply } from '../core/pipeline.js'
import type { Logger } from '../core/log.js'

/** Runtime checks of answers. Nothing of it is loaded by who does not ask for it, and zod only with the first answer that is checked. */

/** What the generator writes for a system: by operation and status, as JSON Schema. */
export interface ResponseSchemas {
  readonly responses: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly definitions: Readonly<Record<string, unknown>>
}

/** `off`: nothing; `warn`: told once for each operation and place; `error`: the call is rejected. */
export type ValidateMode = 'off' | 'warn' | 'error'

/** How differences are told. */
export interface ValidateOptions {
  /** Is told of every difference, in place of the logger. */
  onIssue?: (operation: string, issues: readonly ResponseIssue[]) => void
}

/** One place where an answer differs from the document. */
export interface ResponseIssue {
  /** Where in the body as it came, `/data/0/name`; empty: the body itself. */
  readonly path: string
  /** What is wrong there, in zod's words. */
  readonly message: string
}

/** The answer is not what the vendor's document says. The message names the place, never the value. */
export class ResponseValidationError extends DecodeError {
  override get kind(): string { return 'ResponseValidationError' }
  /** All differences, up to 20. Not shown when printed. */
  declare readonly issues: readonly ResponseIssue[]

  constructor(reply: Reply, issues: readonly ResponseIssue[]) {
    const { op, attempts, status, requestId, text } = reply
    super(describe(op.id, issues), { operation: op.id, attempts, status, text, ...(requestId === undefined ? {} : { requestId }) })
    hide(this, 'issues', issues)
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), issues: this.issues }
  }
}

interface ZodIssue {
  readonly code?: string
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly errors?: readonly (readonly ZodIssue[])[]
}
interface Check { safeParse(value: unknown): { readonly success: boolean; readonly error?: { readonly issues: readonly ZodIssue[] } } }
type FromJsonSchema = (schema: unknown) => Check

const MAX_ISSUES = 20

/** The policy for a system's schemas; each system's `validate` entry calls it with its own. */
export function responseValidation(schemas: ResponseSchemas, mode: ValidateMode, { onIssue }: ValidateOptions = {}): Policy {
  if (mode !== 'off' && mode !== 'warn' && mode !== 'error') throw new InvalidArgumentError(`validate takes off, warn or error; got ${String(mode)}`)
  const checks = new Map<string, Check>()
  const told = new Set<string>()
  let logger: Pick<Logger, 'warn'> = console
  let zod: Promise<FromJsonSchema> | undefined

  const checkOf = async (operation: string, status: number): Promise<Check | undefined> => {
    const schema = schemas.responses[operation]?.[status]
    if (schema === undefined) return undefined
    const name = `${operation} ${status}`
    let check = checks.get(name)
    if (check === undefined) checks.set(name, check = (await (zod ??= loadZod()))({ ...schema as object, $defs: schemas.definitions }))
    return check
  }

  const policy: Policy = async (call, next) => {
    const reply = await next(call)
    if (mode === 'off' || reply.attempt !== undefined || reply.text === '') return reply
    const check = await checkOf(reply.op.id, reply.status)
    const result = check?.safeParse(reply.json())
    if (result === undefined || result.success) return reply
    const issues = result.error!.issues.flatMap((issue) => flatten(issue)).slice(0, MAX_ISSUES)
    if (onIssue !== undefined) onIssue(reply.op.id, issues)
    if (mode === 'error') throw new ResponseValidationError(reply, issues)
    const fresh = issues.filter(({ path }) => !told.has(`${reply.op.id} ${path.replace(/\/\d+/g, '/*')}`))
    for (const { path } of fresh) told.add(`${reply.op.id} ${path.replace(/\/\d+/g, '/*')}`)
    if (onIssue === undefined && fresh.length > 0) logger.warn(`[orkit] ${describe(reply.op.id, fresh)}`)
    return reply
  }
  return Object.assign(policy, { attach: (client: PolicyHost) => { logger = client._options.logger ?? console } })
}

async function loadZod(): Promise<FromJsonSchema> {
  try {
    const { fromJSONSchema } = await import('zod')
    return fromJSONSchema as unknown as FromJsonSchema
  } catch (cause) {
    throw new InvalidArgumentError('checking answers needs the package zod (4.2 or newer): install it beside @orkit/sdk', { cause })
  }
}

/** The issues of a union are those of the branch that came closest. */
function flatten(issue: ZodIssue, base: readonly PropertyKey[] = []): ResponseIssue[] {
  const path = [...base, ...issue.path]
  const branches = (issue.errors ?? []).filter((branch) => branch.length > 0)
  if (issue.code !== 'invalid_union' || branches.length === 0) return [{ path: path.map((name) => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''), message: issue.message }]
  const depth = (branch: readonly ZodIssue[]) => Math.max(...branch.map((each) => each.path.length))
  const [closest] = branches.toSorted((a, b) => depth(b) - depth(a) || a.length - b.length)
  return closest!.flatMap((each) => flatten(each, path))
}

function describe(operation: string, issues: readonly ResponseIssue[]): string {
  const [first] = issues
  return `${operation}: the answer differs from the document at ${first?.path || 'its top'}: ${first?.message}${issues.length > 1 ? ` (and at ${issues.length - 1} more)` : ''}`
}
