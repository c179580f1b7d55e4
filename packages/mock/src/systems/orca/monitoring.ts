import type { SystemContext } from '../../kernel/system-context.js'
import type { Row } from '../../kernel/types.js'
import type { ColumnProfile, FileProfile } from './classify.js'
import { profileOf } from './files.js'

interface Rule {
  column_name?: string
  rule_type: string
  config?: { max_null_rate?: number; min?: number; max?: number }
  severity?: string
}

/** After a job: contracts are checked on its files, and personal data that the last run lacked is reported. */
export function watchOver(c: SystemContext, job: Row): void {
  for (const id of job['file_ids']) {
    const file = c.store('files').get(id)
    if (!file) continue
    const profile = profileOf(file)
    checkContracts(c, 'file', file['file_name'], profile)
    reportPersonalData(c, job, file, profile)
  }
}

/** Every enabled contract whose pattern fits the name. */
export function checkContracts(c: SystemContext, target: 'file' | 'table', name: string, profile: FileProfile): void {
  for (const contract of c.store('contracts').all((row) => row['enabled'] !== false && row['target_type'] === target && fits(row['target_pattern'], name))) {
    for (const rule of contract['rules'] as Rule[]) {
      const violation = broken(rule, profile)
      if (violation !== undefined) raise(c, 'contract_violation', rule.severity ?? 'warning', `${contract['name']} is broken`, `${violation} in ${name}`)
    }
  }
}

function broken({ column_name, rule_type, config = {} }: Rule, profile: FileProfile): string | undefined {
  if (column_name === undefined) return undefined
  const column = profile.columns.find((candidate) => candidate.name.toLowerCase() === column_name.toLowerCase())
  if (!column) return `${column_name} is missing`
  return Object.hasOwn(CHECKS, rule_type) ? CHECKS[rule_type]!(column, config, profile.rows) : undefined
}

/** The four documented types of rule; others are stored and not checked. */
const CHECKS: Readonly<Record<string, (column: ColumnProfile, config: NonNullable<Rule['config']>, rows: number) => string | undefined>> = {
  not_null: ({ name, nulls }, { max_null_rate = 0 }, rows) => (rows > 0 && nulls / rows > max_null_rate ? `${name} is null in ${Math.round((nulls / rows) * 100)}% of the rows` : undefined),
  unique: ({ name, nulls, distinct }, _, rows) => (distinct < rows - nulls ? `${name} has ${rows - nulls - distinct} values more than once` : undefined),
  min_value: ({ name, min }, config) => (config.min !== undefined && min !== null && min < config.min ? `${name} goes down to ${min}` : undefined),
  max_value: ({ name, max }, config) => (config.max !== undefined && max !== null && max > config.max ? `${name} goes up to ${max}` : undefined),
}

function reportPersonalData(c: SystemContext, job: Row, file: Row, profile: FileProfile): void {
  const before = c.store('jobs').all((row) => row.id !== job.id && (row['status'] === 'completed' || row['status'] === 'partial') && row['files'].some((one: { file_name: string }) => one.file_name === file['file_name'])).at(-1)
  if (!before) return
  const known = new Set((before['columns'] ?? []).map((column: { name: string }) => column.name))
  const fresh = profile.columns.filter(({ name, classification }) => classification.startsWith('PII / ') && !known.has(name)).map(({ name }) => name)
  if (fresh.length > 0) raise(c, 'gdpr_detected', 'warning', 'New sensitive columns', `New GDPR-sensitive columns in ${file['file_name']}: ${fresh.join(', ')}`)
}

/** An alert of both surfaces. */
function raise(c: SystemContext, type: string, severity: string, title: string, message: string): void {
  c.store('alerts').insert({ type, severity, title, message, acknowledged: false, created_at: c.now() })
  c.store('public.alerts').insert({ severity, message, created_at: c.now() })
}

/** `*` stands for anything. Each piece is looked for after the one before, so no pattern takes long. */
function fits(pattern: string, name: string): boolean {
  const [first = '', ...pieces] = pattern.toLowerCase().split('*')
  const text = name.toLowerCase()
  const last = pieces.pop()
  if (last === undefined) return text === first
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false
  let at = first.length
  for (const piece of pieces) {
    const found = text.indexOf(piece, at)
    if (found < 0) return false
    at = found + piece.length
  }
  return at <= text.length - last.length
}
