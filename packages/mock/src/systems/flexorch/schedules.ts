import { subject } from '../../kernel/crud.js'
import type { Context } from '../../kernel/context.js'
import { defineResource } from '../../kernel/definition.js'
import { ReplyError } from '../../kernel/reply.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Row } from '../../kernel/types.js'
import { accepted, invalid } from './answers.js'
import { nextRun, parseCron } from './cron.js'
import { planOf, upgrade } from './plans.js'
import { startSync } from './sync.js'

const INTERVALS: Readonly<Record<string, string>> = { '1h': '0 * * * *', '6h': '0 */6 * * *', '12h': '0 */12 * * *', '24h': '0 0 * * *' }
const MOST = 5
const SCHEDULES = 'connectors.schedules'
const LOGS = 'connectors.schedules.logs'

export const schedules = defineResource({
  collections: {
    [SCHEDULES]: { parent: { collection: 'connectors', field: 'connector_id', param: 'connector_id' }, deleted: () => ({ deleted: true }), cascade: { [LOGS]: 'schedule_id' } },
    [LOGS]: {},
  },
  behaviours: {
    'connectors.schedules.create': (c) => {
      const { cron_expression, prefix_filter, prefix, enabled } = c.body
      return c.created(create(c, c.store('connectors').need(c.path['connector_id']!), cron_expression, prefix_filter ?? prefix ?? null, enabled))
    },
    'scheduler.createSchedule': (c) => {
      const { connector_id, interval, prefix, enabled } = c.body
      const cron = Object.hasOwn(INTERVALS, interval) ? INTERVALS[interval]! : invalid(c, `interval must be one of ${Object.keys(INTERVALS).join(', ')}`)
      return c.created(create(c, c.store('connectors').need(connector_id), cron, prefix ?? null, enabled))
    },
    'connectors.schedules.list': (c) => {
      const connector = c.store('connectors').need(c.path['connector_id']!)
      return c.page(c.store(SCHEDULES).all((row) => row['connector_id'] === connector.id && row['is_active'] === true))
    },
    'connectors.schedules.trigger': (c) => accepted(c, startSync(c, subject(c, SCHEDULES))),
    'connectors.schedules.logs': (c) => {
      const schedule = subject(c, SCHEDULES)
      for (const entry of c.store(LOGS).all((row) => row['schedule_id'] === schedule.id && row['status'] === 'running')) c.world.jobs.poll('sync', String(entry.id))
      return c.page(c.store(LOGS).slice({ where: (row) => row['schedule_id'] === schedule.id, newestFirst: true, limit: 50 }).map(({ row }) => row))
    },
  },
  tasks: {
    'schedules.run': (c, { id }) => {
      const schedule = c.store(SCHEDULES).get(id)
      if (!schedule || schedule['is_active'] !== true) return
      startSync(c, schedule)
      c.store(SCHEDULES).update(id, { next_run_at: plan(c, schedule) })
    },
  },
})

function create(c: Context, connector: Row, cron: string, prefix: string | null, enabled = true): Row {
  if (connector['active'] !== true) return invalid(c, 'The connector is switched off')
  if (!parseCron(cron)) return invalid(c, 'cron_expression must have five fields: minute, hour, day, month, weekday')
  const active = c.store(SCHEDULES).count((row) => row['connector_id'] === connector.id && row['is_active'] === true)
  if (active >= MOST && planOf(c) !== 'enterprise') throw new ReplyError(c.world.errorReply({ ...upgrade('enterprise'), message: `The plan allows ${MOST} schedules for a connector` }))
  const schedule = c.store(SCHEDULES).insert({ connector_id: connector.id, cron_expression: cron, prefix_filter: prefix, is_active: enabled, last_run_at: null, next_run_at: null, created_at: c.now() })
  return enabled ? c.store(SCHEDULES).update(schedule.id, { next_run_at: plan(c, schedule) }) : schedule
}

/** Has the schedule run when it is due; says when that is. */
function plan(c: SystemContext, schedule: Row): string | null {
  const cron = parseCron(schedule['cron_expression'] ?? '')
  const at = cron && nextRun(cron, c.ms())
  if (at === undefined) return null
  c.schedule(at - c.ms(), 'schedules.run', { id: schedule.id })
  return c.now(at)
}
