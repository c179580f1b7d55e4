import type { Context } from '../../kernel/context.js'
import { subject } from '../../kernel/crud.js'
import { defineResource } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Members, Row } from '../../kernel/types.js'
import { invalid } from './answers.js'
import { executionsOf } from './chunks.js'
import { FORMATS } from './exports/formats.js'
import { pdfOf } from './exports/pdf.js'
import { gradeOf } from './reading/analysis.js'

/** Under which heads the two laws put a type of personal data. */
const CATEGORIES: Readonly<Record<string, { kvkk: string; gdpr: string }>> = {
  EMAIL: { kvkk: 'contact', gdpr: 'contact data' },
  PHONE: { kvkk: 'contact', gdpr: 'contact data' },
  PERSON: { kvkk: 'identity', gdpr: 'identification data' },
  TCKN: { kvkk: 'identity', gdpr: 'identification data' },
  IBAN: { kvkk: 'finance', gdpr: 'financial data' },
  CREDIT_CARD: { kvkk: 'finance', gdpr: 'financial data' },
  IP_ADDRESS: { kvkk: 'transaction security', gdpr: 'online identifiers' },
}

export const datasetFacts = defineResource({
  behaviours: {
    'datasets.rows': (c) => {
      const dataset = subject(c, 'datasets')
      const text = c.query['q'] ?? ''
      const rows: Members[] = dataset['_rows'] ?? []
      const found = text === '' ? rows : rows.filter((row) => Object.values(row).some((value) => String(value ?? '').toLowerCase().includes(text.toLowerCase())))
      const [page, size] = [c.query['page'] ?? 1, c.query['page_size'] ?? 50]
      const returned = Math.max(0, Math.min(size, found.length - (page - 1) * size))
      return c.page(found, {
        dataset_id: dataset.id, dataset_name: dataset['name'], dataset_slug: dataset['slug'], columns: dataset['_columns'] ?? [],
        pagination: { page, page_size: size, total_rows: rows.length, returned_rows: returned }, query: text === '' ? null : text,
      })
    },
    'datasets.profile': (c) => profileOf(c, readyDataset(c)),
    'datasets.complianceReport': (c) => {
      const dataset = readyDataset(c)
      const report: Members = dataset['_complianceReport'] ?? reportOf(c, dataset)
      switch (c.query['format'] ?? 'json') {
        case 'json':
          return c.ok(report)
        case 'pdf':
          return c.download(pdfOf(`Compliance report: ${dataset['name']}`, Object.entries(report).map(([name, value]) => `${name.replaceAll('_', ' ')}: ${Array.isArray(value) ? value.join(', ') : value}`)), 'application/pdf', `compliance-report-${dataset['slug']}.pdf`)
        default:
          return invalid(c, 'format must be json or pdf')
      }
    },
  },
})

/** What is still being built is not there yet. */
export function readyDataset(c: Context): Row {
  const dataset = c.store('datasets').need(c.path['id']!)
  return dataset['status'] === 'ready' ? dataset : c.fail('NOT_FOUND', `Dataset ${dataset.id} is not ready`)
}

function profileOf(c: SystemContext, dataset: Row): Members {
  if (dataset['_profile']) return dataset['_profile']
  const distribution: Record<string, number> = { A: 0, B: 0, C: 0, D: 0 }
  let [sum, below, findings, masked, rows] = [0, 0, 0, 0, 0]
  const executions = executionsOf(c, dataset)
  for (const execution of executions) {
    const score: number = execution['result_meta']?.score ?? 0
    const count: number = execution['records']?.length ?? 0
    distribution[gradeOf(score)]! += count
    sum += score * count
    rows += count
    if (score < 45) below += count
    findings += execution['privacy']?.pii_findings_count ?? 0
    masked += execution['privacy']?.masked_record_count ?? 0
  }
  return {
    quality: { grade_distribution: distribution, avg_score: rows === 0 ? null : Math.round((sum / rows) * 10) / 10, below_threshold_count: below },
    privacy: { pii_findings_count: findings, masked_record_count: masked, clean_record_count: rows - masked },
    formats: FORMATS, columns: dataset['_columns'], pii_type_summary: typesOf(executions),
  }
}

function reportOf(c: SystemContext, dataset: Row): Members {
  const types = typesOf(executionsOf(c, dataset))
  const heads = Object.keys(types).map((type) => CATEGORIES[type] ?? { kvkk: 'other', gdpr: 'other personal data' })
  const total = Object.values(types).reduce((sum, count) => sum + count, 0)
  return {
    dataset_id: dataset.id, dataset_name: dataset['name'], pii_findings_count: total,
    kvkk_categories: [...new Set(heads.map(({ kvkk }) => kvkk))], gdpr_categories: [...new Set(heads.map(({ gdpr }) => gdpr))],
    applicable_regulations: total === 0 ? [] : ['GDPR', 'KVKK', ...('CREDIT_CARD' in types ? ['PCI DSS'] : [])], plan_coverage: 'pro_countries',
  }
}

function typesOf(executions: readonly Row[]): Record<string, number> {
  const types: Record<string, number> = {}
  for (const execution of executions) for (const [type, count] of Object.entries<number>(execution['output_summary']?.pii_type_summary ?? {})) types[type] = (types[type] ?? 0) + count
  return types
}
