import type { ReportRow } from '@orkit/sdk/batch'
import { relative } from 'node:path'
import { annotate, inActions, markdownTable, MAX_ANNOTATIONS, stepSummary } from '../app/github.js'
import type { Io } from '../app/io.js'

/** Rows of failures that the page of a job shows; the report file has them all. */
const SHOWN = 100
const bad = new Set(['failed', 'rejected', 'unknown'])

/** A batch in a GitHub Actions job: an annotation for each file that failed, and a summary of the step. `rows` is asked for only there. */
export async function tellActions(io: Io, name: string, outcome: string, rows: () => readonly ReportRow[]): Promise<void> {
  if (!inActions(io)) return
  const failures = rows().filter(({ status }) => bad.has(status))
  const why = ({ code, message }: ReportRow) => [code, message].filter(Boolean).join(': ') || 'no reason was given'
  const root = io.env['GITHUB_WORKSPACE'] ?? io.cwd
  await annotate(io, failures.slice(0, MAX_ANNOTATIONS).map((row) => ({ level: 'error', title: `${name}: ${row.status}`, message: `${row.path}: ${why(row)}`, ...(/^[a-z]+:\/\//i.test(row.path) ? {} : { file: relative(root, `${io.cwd}/${row.path}`) || row.path }) })))
  const table = failures.length === 0 ? '' : `\n\n${markdownTable(['file', 'status', 'reason'], failures.slice(0, SHOWN).map((row) => [row.path, row.status, why(row)]))}`
  const more = failures.length > SHOWN ? `\n\nand ${failures.length - SHOWN} more` : ''
  await stepSummary(io, `### ${name}\n\n${outcome}${table}${more}`)
}
