import { categoryOf, limitKey } from '../../gates/rate-limit.js'
import { defineResource } from '../../kernel/definition.js'
import type { Context } from '../../kernel/context.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Members, Row } from '../../kernel/types.js'
import { invalid } from './answers.js'
import { DAY, isoOf, msOf } from './calendar.js'
import { organization, PLANS, planOf, trialOf, windowsOf } from './plans.js'

const PERIODS: Readonly<Record<string, number>> = { '7d': 7, '30d': 30, '90d': 90 }

/** The credit account of the organisation. */
export function openAccount(c: SystemContext): Row {
  const limit = PLANS[planOf(c)].credits
  return c.store('usage').find(() => true) ?? c.store('usage').insert({ plan: planOf(c), usage: { credits: { used: 0, limit, remaining: limit } } })
}

export function creditsLeft(c: SystemContext): number {
  return openAccount(c)['usage'].credits.remaining ?? Number.POSITIVE_INFINITY
}

/** Takes credits (or gives them back) and counts jobs of the day. */
export function charge(c: SystemContext, credits: number, jobs: number): void {
  const account = openAccount(c)
  const { used, limit } = account['usage'].credits
  const now = Math.max(0, used + credits)
  c.store('usage').update(account.id, { usage: { credits: { used: now, limit, remaining: limit === null ? null : Math.max(0, limit - now) } } })
  const day = today(c, 'usage.history', { credits_used: 0, jobs_count: 0 })
  c.store('usage.history').update(day.id, { credits_used: Math.max(0, day['credits_used'] + credits), jobs_count: day['jobs_count'] + jobs })
}

/** Takes a finished job into the figures of the day. */
export function countQuality(c: SystemContext, score: number, grade: string, fillRate: number): void {
  const none = { avg_quality_score: null, grade_distribution: { A: 0, B: 0, C: 0, D: 0 }, avg_field_fill_rate: null, job_count: 0 }
  const day = today(c, 'usage.qualityTrend', none)
  const count = day['job_count']
  const mean = (before: number | null, value: number): number => Math.round((((before ?? 0) * count + value) / (count + 1)) * 1000) / 1000
  c.store('usage.qualityTrend').update(day.id, {
    avg_quality_score: mean(day['avg_quality_score'], score),
    avg_field_fill_rate: mean(day['avg_field_fill_rate'], fillRate),
    grade_distribution: { ...day['grade_distribution'], [grade]: (day['grade_distribution'][grade] ?? 0) + 1 },
    job_count: count + 1,
  })
}

export const usage = defineResource({
  behaviours: {
    'usage.get': (c) => {
      const { plan, usage: counters } = openAccount(c)
      const trial = trialOf(c)
      return { plan, trial: trial ? { is_trial: true, trial_ends_at: trial.endsAt, trial_days_remaining: trial.daysLeft } : null, usage: counters }
    },
    'usage.rateLimits': (c) => {
      const plan = organization(c)['_plan']
      const { rateLimits } = c.world.options
      const category = categoryOf(c.world.system.definition.document, 'plan', rateLimits, windowsOf('plan', c.actor))!
      const found = c.world.limits.look('plan', category, limitKey(category.key, c.actor, c.request.ip), c.ms())
      if (rateLimits === 'off' || category.windows.length === 0) return { plan, unlimited: true, limit: null, used: null, remaining: null, window_seconds: 60, reset_in_seconds: null }
      const { limit, remaining, reset } = found
      return { plan, unlimited: false, limit, used: limit - remaining, remaining, window_seconds: category.windows[0]!.seconds, reset_in_seconds: Math.ceil((reset - c.ms()) / 1000) }
    },
    'usage.qualityTrend': (c) => series(c, 'usage.qualityTrend'),
    'usage.history': (c) => series(c, 'usage.history'),
  },
})

function today(c: SystemContext, collection: string, fresh: Members): Row {
  const date = c.now().slice(0, 10)
  return c.store(collection).find((row) => row['date'] === date) ?? c.store(collection).insert({ date, ...fresh })
}

/** The last days of a series, up to its newest entry: a world whose clock is far from its seed still shows something. */
function series(c: Context, collection: string) {
  const days = PERIODS[c.query['period'] ?? '30d']
  if (days === undefined) return invalid(c, 'period must be 7d, 30d or 90d')
  const rows = c.store(collection).all().map(({ id: _, ...row }) => row as Members).toSorted((a, b) => (a['date'] < b['date'] ? -1 : 1))
  const newest = rows.at(-1)?.['date']
  const since = newest === undefined ? '' : isoOf(msOf(newest) - (days - 1) * DAY).slice(0, 10)
  return c.page(rows.filter((row) => row['date'] >= since))
}
