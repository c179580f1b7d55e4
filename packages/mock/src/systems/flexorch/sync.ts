import { defineResource } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Row } from '../../kernel/types.js'
import { costOf, takeIn, twin } from './intake.js'
import { pull, type Rejected } from './pull.js'
import { creditsLeft } from './usage.js'

const LOGS = 'connectors.schedules.logs'

/** Begins one run of a sync and returns its log entry. */
export function startSync(c: SystemContext, schedule: Row): Row {
  const entry = c.store(LOGS).insert({ schedule_id: schedule.id, started_at: c.now(), completed_at: null, files_found: 0, files_new: 0, files_skipped: 0, files_failed: 0, status: 'running', error_message: null })
  c.store('connectors.schedules').update(schedule.id, { last_run_at: c.now() })
  c.start('sync', String(entry.id))
  return entry
}

export const sync = defineResource({
  jobs: {
    sync: {
      steps: [{ status: 'running' }],
      success: 'completed',
      enter(c, view) {
        const entry = view.done ? c.store(LOGS).get(view.id) : undefined
        const schedule = entry && c.store('connectors.schedules').get(entry['schedule_id'])
        const connector = schedule && c.store('connectors').get(schedule['connector_id'])
        if (entry && schedule && connector) c.store(LOGS).update(entry.id, { completed_at: c.now(), ...run(c, schedule, connector) })
      },
    },
  },
})

/** Takes in what is new under the prefix; what was processed before is skipped. */
function run(c: SystemContext, schedule: Row, connector: Row) {
  if (connector['active'] !== true || connector['_test']?.success === false) return { status: 'failed', error_message: connector['_test']?.message ?? 'The connector is switched off' }
  const keys = ((connector['_objects'] ?? []) as string[]).filter((key) => key.startsWith(schedule['prefix_filter'] ?? ''))
  const rejected: Rejected[] = []
  const incoming = keys.length === 0 ? [] : pull(c, { connector_id: connector.id, keys }, rejected)
  let [added, failed] = [0, rejected.length]
  for (const one of incoming.filter((candidate) => !twin(c, candidate))) {
    if (costOf(one) > creditsLeft(c)) failed++
    else {
      takeIn(c, one, { mask: true, hint: null, locale: 'und' }, /fail/i.test(one.name) ? 'failure' : 'success')
      added++
    }
  }
  return { status: 'completed', files_found: keys.length, files_new: added, files_skipped: keys.length - added - failed, files_failed: failed }
}
