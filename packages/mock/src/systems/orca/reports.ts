import { crud } from '../../kernel/crud.js'
import { defineResource, type JobView } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import { adminOnly } from './access.js'
import { accountOf, charge, price } from './billing.js'
import { pdf } from './pdf.js'
import { presign, serveStored } from './presigned.js'

const TITLES: Readonly<Record<string, string>> = { gdpr_compliance: 'GDPR compliance', executive_summary: 'Executive summary', ai_readiness: 'AI readiness' }
const FREQUENCIES = ['weekly', 'monthly', 'quarterly']

export const reports = defineResource({
  collections: {
    reports: { label: 'Report' },
    'reports.schedules': { label: 'Schedule', stamps: { created: 'created_at' } },
  },
  jobs: { report: { steps: [{ status: 'pending', share: 1 }, { status: 'processing', share: 3 }], success: 'complete', enter: entered } },
  behaviours: {
    'reports.generate': (c) => {
      const type: string = c.body.report_type
      refuseUnknown(type, (message) => c.fail('bad_request', message))
      charge(c, price(c, type === 'ai_readiness' ? 'free' : 'report'))
      const report = c.store('reports').insert({ report_type: type, status: 'pending', file_url: null, created_at: c.now(), _config: c.body.config ?? {} })
      c.start('report', String(report.id), c.outcome() === 'failure' ? { fail: { reason: 'The report could not be made' } } : {})
      return report
    },
    'reports.get': (c) => {
      const id = c.path['report_id']!
      const row = c.store('reports').need(id)
      // A seeded report that waits goes on from the first time that somebody asks about it.
      if (row['status'] === 'pending' && !c.job('report', id)) c.start('report', id)
      c.world.jobs.poll('report', id)
      return c.show('reports', c.store('reports').need(id))
    },
    'reports.download': (c) => {
      const row = c.store('reports').need(c.path['report_id']!)
      if (row['status'] !== 'complete') return c.missing('File of the report')
      if (c.actor.claims?.['presigned'] !== true) return c.redirect(presign(c, c.request), 307)
      const lines = [`Report ${row.id}`, `Made ${row['created_at']}`, `Files: ${c.store('files').count()}`, `Jobs: ${c.store('jobs').count()}`, `Open alerts: ${c.store('alerts').count((alert) => alert['acknowledged'] === false)}`]
      return serveStored(c.download(pdf(TITLES[row['report_type']] ?? row['report_type'], lines), 'application/pdf', `${row['report_type']}.pdf`), c.request)
    },
    'reports.schedules.create': (c) => {
      adminOnly(c)
      if (accountOf(c)['plan'] === 'free') c.fail('insufficient_scope', 'The Free plan has no report schedules')
      refuseUnknown(c.body.report_type, (message) => c.fail('bad_request', message))
      if (!FREQUENCIES.includes(c.body.frequency)) c.fail('bad_request', `frequency must be one of ${FREQUENCIES.join(', ')}`)
      return crud(c)
    },
  },
})

function refuseUnknown(type: string, refuse: (message: string) => never): void {
  if (!Object.hasOwn(TITLES, type)) refuse(`report_type must be one of ${Object.keys(TITLES).join(', ')}`)
}

function entered(c: SystemContext, job: JobView): void {
  const rows = c.store('reports')
  if (rows.get(job.id)) rows.update(job.id, { status: job.status, ...(job.outcome === 'success' && { file_url: `reports/${job.id}.pdf` }) })
}
