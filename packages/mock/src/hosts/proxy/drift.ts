import { isSecretMember, REDACTED, redactText } from '../../world/redact.js'

export type DriftKind = 'unknown-field' | 'missing-field' | 'wrong-type' | 'invalid-value' | 'undocumented-status' | 'undocumented-type' | 'undocumented-operation' | 'undocumented-parameter' | 'unreadable-body'

export interface Finding {
  direction: 'request' | 'answer'
  kind: DriftKind
  /** Absent for what the document has no operation for. */
  operation?: string
  status?: number
  /** JSON pointer; `*` stands for any index. */
  pointer?: string
  /** What the document says. */
  expected?: string
  /** One value that was seen. */
  seen?: string
}

export interface DriftReport {
  system: string
  target: string
  requests: number
  /** Operation -> status -> how often. */
  operations: Record<string, Record<string, number>>
  findings: (Finding & { count: number })[]
}

/** Gathers equal findings into one. Nothing that was used as a credential, or that is called a secret, gets into the report. */
export class Drift {
  private readonly findings = new Map<string, Finding & { count: number }>()
  private readonly operations = new Map<string, Map<number, number>>()
  private readonly secrets = new Set<string>()
  private requests = 0

  constructor(private readonly system: string, private readonly target: string) {}

  /** How many different findings there are. */
  get size(): number {
    return this.findings.size
  }

  /** Remembers what must not be shown. */
  secret(text: string | undefined): void {
    if (text !== undefined && text.length >= 6) this.secrets.add(text)
  }

  /** Says whether it is new. */
  add(finding: Omit<Finding, 'seen'>, value?: unknown): boolean {
    const key = [finding.direction, finding.kind, finding.operation, finding.status, finding.pointer, finding.expected].join('\n')
    const known = this.findings.get(key)
    if (known) {
      known.count++
      return false
    }
    this.findings.set(key, { ...finding, ...(value !== undefined && { seen: shown(value, finding.pointer) }), count: 1 })
    return true
  }

  answered(operation: string, status: number): void {
    this.requests++
    let statuses = this.operations.get(operation)
    if (!statuses) this.operations.set(operation, (statuses = new Map()))
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
  }

  toJSON(): DriftReport {
    const order = (a: Finding, b: Finding): number => ((a.operation ?? '') < (b.operation ?? '') ? -1 : (a.operation ?? '') > (b.operation ?? '') ? 1 : 0)
    const report: DriftReport = {
      system: this.system,
      target: this.target,
      requests: this.requests,
      operations: Object.fromEntries([...this.operations].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([id, statuses]) => [id, Object.fromEntries(statuses)])),
      findings: [...this.findings.values()].toSorted(order),
    }
    // The longest first: one secret may be part of another.
    const secrets = [...this.secrets].toSorted((a, b) => b.length - a.length)
    return JSON.parse(JSON.stringify(report, (_, value: unknown) => (typeof value === 'string' ? secrets.reduce((text, secret) => text.replaceAll(secret, REDACTED), redactText(value)) : value))) as DriftReport
  }
}

function shown(value: unknown, pointer = ''): string {
  if (isSecretMember(pointer.slice(pointer.lastIndexOf('/') + 1))) return REDACTED
  const text = JSON.stringify(value, (name, member: unknown) => (name !== '' && isSecretMember(name) ? REDACTED : member)) ?? String(value)
  return text.length > 100 ? `${text.slice(0, 97)}...` : text
}
