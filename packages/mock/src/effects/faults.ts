import { FAULT_KINDS, type SocketFault } from '../kernel/reply.js'

/** What a rule does to an answer. */
export interface Effect {
  /** Answers with this status in the vendor's shape instead of running the behaviour. */
  status?: number
  /** Error code to go with it. */
  code?: string
  /** Milliseconds to wait first. */
  delay?: number
  fault?: SocketFault['kind']
  /** For faults: bytes of the body, events of a stream, or messages of a socket that get through. */
  after?: number
  /** What of a `Prefer` header was followed. */
  preference?: string
}

/** What befalls requests: which ones, how often, and what. */
export interface FaultRule extends Omit<Effect, 'preference'> {
  /** Default: `fault-1`, `fault-2` ... A rule of the same id is replaced. */
  id?: string
  /** Only requests of this system. */
  system?: string
  /** Only this operation. */
  operation?: string
  /** Only this method. */
  method?: string
  /** Part of the path. */
  path?: string
  /** How often it strikes; then requests succeed again. Default: once. */
  times?: number
  /** Matching requests to let through first. Default: 0. */
  skip?: number
}

const KINDS: readonly string[] = FAULT_KINDS
const TEXTS = ['id', 'system', 'operation', 'method', 'path', 'code', 'fault']
const NUMBERS: Readonly<Record<string, readonly [number, number]>> = { status: [200, 599], delay: [0, 86_400_000], after: [0, 1e9], times: [1, 1e9], skip: [0, 1e9] }

type Rule = FaultRule & { id: string; left: number; skipped: number }

/** Counted rules: the next k fail, then succeed. */
export class Faults {
  private rules: Rule[] = []
  private count = 0

  /** Returns the id of the rule. Throws when it says nothing, or something unknown. */
  add(rule: FaultRule): string {
    check(rule)
    const id = rule.id ?? `fault-${++this.count}`
    this.rules = [...this.rules.filter((other) => other.id !== id), { ...rule, id, left: rule.times ?? 1, skipped: 0 }]
    return id
  }

  /** Says whether there was one. */
  remove(id: string): boolean {
    const before = this.rules.length
    this.rules = this.rules.filter((rule) => rule.id !== id)
    return this.rules.length < before
  }

  get size(): number {
    return this.rules.length
  }

  clear(): void {
    this.rules = []
    this.count = 0
  }

  list(): (FaultRule & { id: string; left: number })[] {
    return this.rules.map(({ skipped: _, ...rule }) => ({ ...rule }))
  }

  /** Takes one strike of the first rule that fits. */
  strike(request: RequestFacts): Effect | undefined {
    for (const rule of this.rules) {
      if (rule.left <= 0) continue
      if (rule.system !== undefined && rule.system !== request.system) continue
      if (rule.operation !== undefined && rule.operation !== request.operation) continue
      if (rule.method !== undefined && rule.method.toUpperCase() !== request.method) continue
      if (rule.path !== undefined && !request.path.includes(rule.path)) continue
      if (rule.skipped < (rule.skip ?? 0)) {
        rule.skipped++
        continue
      }
      rule.left--
      return rule
    }
    return undefined
  }

  toJSON(): unknown {
    return this.rules.map((rule) => ({ ...rule }))
  }

  restore(rules: unknown): void {
    this.rules = structuredClone(rules) as Rule[]
    this.count = Math.max(0, ...this.rules.map((rule) => Number(/^fault-(\d+)$/.exec(rule.id)?.[1] ?? 0)))
  }
}

export interface RequestFacts {
  system: string
  operation: string
  method: string
  path: string
}

/** Where rules come from, the nearest first: the request's own header, counted rules, then chance. */
export interface RuleSources {
  readonly preferCounts: Map<string, number>
  readonly faults: Faults
  readonly chaos: { strike(): Effect | undefined } | undefined
}

export function ruleFor(sources: RuleSources, system: string, operation: string, request: { method: string; path: string; headers: Readonly<Record<string, string>> }): Effect | undefined {
  const prefer = request.headers['prefer']
  if (prefer === undefined && sources.faults.size === 0 && sources.chaos === undefined) return undefined
  return preferred(prefer, sources.preferCounts, `${system}/${operation}`) ?? sources.faults.strike({ system, operation, method: request.method, path: request.path }) ?? sources.chaos?.strike()
}

/** `Prefer: code=429, delay=300, fault=reset, after=10, times=2`: the same for one request (or the next `times` like it). What is not known is passed over, as RFC 7240 wants. */
export function preferred(header: string | undefined, counts: Map<string, number>, operation: string): Effect | undefined {
  if (header === undefined) return undefined
  const values: Record<string, string> = {}
  for (const part of header.split(/[,;]/)) {
    const [name = '', value = ''] = part.split('=')
    values[name.trim().toLowerCase()] = value.trim().replaceAll('"', '')
  }
  const number = (name: string): number | undefined => {
    const value = values[name]
    const [least, most] = NUMBERS[name === 'code' ? 'status' : name]!
    return value !== undefined && /^\d+$/.test(value) && Number(value) >= least && Number(value) <= most ? Number(value) : undefined
  }
  const effect = definedOnly({ status: number('code'), delay: number('delay'), after: number('after'), fault: KINDS.includes(values['fault'] ?? '') ? (values['fault'] as SocketFault['kind']) : undefined })
  if (effect.status === undefined && effect.delay === undefined && effect.fault === undefined) return undefined
  const times = number('times')
  if (times !== undefined) {
    const key = `${operation}\n${header}`
    const used = counts.get(key) ?? 0
    if (used >= times) return undefined
    counts.set(key, used + 1)
  }
  return { ...effect, preference: describe(effect) }
}

/** `code=503, delay=20`, as `Prefer` would say it. */
export function describe({ status, delay, fault, after }: Effect): string {
  return Object.entries({ code: status, delay, fault, after }).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`])).join(', ')
}

function check(rule: FaultRule): void {
  if (rule === null || typeof rule !== 'object' || Array.isArray(rule)) throw new Error('A rule is an object')
  for (const [name, value] of Object.entries(rule)) {
    if (value === undefined) continue
    const bounds = NUMBERS[name]
    if (!bounds && !TEXTS.includes(name)) throw new Error(`A rule has no member ${name}; it has ${[...TEXTS, ...Object.keys(NUMBERS)].join(', ')}`)
    if (!bounds && typeof value !== 'string') throw new Error(`${name} must be a text`)
    if (bounds && !(Number.isInteger(value) && (value as number) >= bounds[0] && (value as number) <= bounds[1])) throw new Error(`${name} must be a whole number from ${bounds[0]} to ${bounds[1]}`)
  }
  if (rule.fault !== undefined && !KINDS.includes(rule.fault)) throw new Error(`There is no fault ${rule.fault}; use ${KINDS.join(', ')}`)
  if (rule.status === undefined && rule.delay === undefined && rule.fault === undefined) throw new Error('A rule needs status, delay or fault')
}

function definedOnly<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as never
}
