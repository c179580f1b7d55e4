import type { SocketFault } from '../kernel/reply.js'

/** What a rule does to an answer. */
export interface Effect {
  /** Answers with this status in the vendor's shape instead of running the behaviour. */
  status?: number
  /** Error code to go with it. */
  code?: string
  /** Milliseconds to wait first. */
  delay?: number
  fault?: SocketFault['kind']
  /** For faults: bytes of the body, or events of a stream, that get through. */
  after?: number
}

export interface FaultRule extends Effect {
  id?: string
  system?: string
  operation?: string
  method?: string
  /** Part of the path. */
  path?: string
  /** How often it strikes; then requests succeed again. Default: once. */
  times?: number
  /** Matching requests to let through first. */
  skip?: number
}

const KINDS: readonly string[] = ['reset', 'reset-body', 'truncate', 'close', 'malformed-json', 'malformed-chunk', 'cut-stream', 'stall', 'dribble']

/** Counted rules: the next k fail, then succeed. */
export class Faults {
  private rules: (FaultRule & { id: string; left: number; skipped: number })[] = []
  private count = 0

  add(rule: FaultRule): string {
    if (rule.fault !== undefined && !KINDS.includes(rule.fault)) throw new Error(`There is no fault ${rule.fault}; use ${KINDS.join(', ')}`)
    const id = rule.id ?? `fault-${++this.count}`
    this.rules = [...this.rules.filter((other) => other.id !== id), { ...rule, id, left: rule.times ?? 1, skipped: 0 }]
    return id
  }

  remove(id: string): void {
    this.rules = this.rules.filter((rule) => rule.id !== id)
  }

  clear(): void {
    this.rules = []
    this.count = 0
  }

  list(): (FaultRule & { left: number })[] {
    return this.rules.map(({ skipped: _, ...rule }) => ({ ...rule }))
  }

  /** Takes one strike of the first rule that fits. */
  strike(request: { system: string; operation: string; method: string; path: string }): Effect | undefined {
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
    return this.rules
  }

  restore(rules: unknown): void {
    this.rules = structuredClone(rules) as typeof this.rules
    this.count = this.rules.length
  }
}

/** `Prefer: code=429, delay=300, fault=reset, after=10, times=2`: the same for one request (or the next `times` like it). */
export function preferred(header: string | undefined, counts: Map<string, number>, operation: string): Effect | undefined {
  if (header === undefined) return undefined
  const values: Record<string, string> = {}
  for (const part of header.split(/[,;]/)) {
    const [name = '', value = ''] = part.split('=')
    values[name.trim().toLowerCase()] = value.trim().replaceAll('"', '')
  }
  const number = (name: string): number | undefined => (values[name] !== undefined && /^\d+$/.test(values[name]) ? Number(values[name]) : undefined)
  const status = number('code')
  const delay = number('delay')
  const after = number('after')
  const fault = values['fault'] !== undefined && KINDS.includes(values['fault']) ? (values['fault'] as SocketFault['kind']) : undefined
  if (status === undefined && delay === undefined && fault === undefined) return undefined
  const times = number('times')
  if (times !== undefined) {
    const key = `${operation}\n${header}`
    const used = counts.get(key) ?? 0
    if (used >= times) return undefined
    counts.set(key, used + 1)
  }
  return { ...(status !== undefined && { status }), ...(delay !== undefined && { delay }), ...(fault && { fault }), ...(after !== undefined && { after }) }
}

