import type { RouteOperation } from '../../kernel/document.js'
import type { Actor, Failure } from '../../kernel/profile.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Row } from '../../kernel/types.js'
import { DAY, isoOf, msOf } from './calendar.js'

export type Plan = 'trial' | 'starter' | 'pro' | 'enterprise'

const MB = 1024 * 1024

/** No figures are published for the requests of pro and enterprise, nor for the files of enterprise: these are ours. */
export const PLANS: Readonly<Record<Plan, { rpm: number | undefined; credits: number | null; maxFile: number; retention: string }>> = {
  trial: { rpm: 60, credits: 1_200, maxFile: 10 * MB, retention: '7 days' },
  starter: { rpm: 60, credits: 1_200, maxFile: 25 * MB, retention: '30 days' },
  pro: { rpm: 600, credits: 6_000, maxFile: 50 * MB, retention: '90 days' },
  enterprise: { rpm: undefined, credits: null, maxFile: 50 * MB, retention: '90 days' },
}

export const TRIAL_DAYS = 30
const ORDER: readonly Plan[] = ['trial', 'starter', 'pro', 'enterprise']

/** What an operation takes at least, as its 403 says. */
const LOWEST: Readonly<Record<string, Plan>> = {
  'datasets.complianceReport': 'pro',
  'datasets.index': 'pro',
  'datasets.chunks': 'pro',
  // As live pages and the vendor's client have it; older pages allow starter one run a day.
  'connectors.schedules.create': 'pro',
  'scheduler.createSchedule': 'pro',
  'team.invite': 'pro',
  'team.members.remove': 'pro',
  'team.members.updateRole': 'pro',
  'settings.llmConfig': 'enterprise',
  'fineTune.create': 'enterprise',
  'fineTune.get': 'enterprise',
}

export function organization(c: SystemContext): Row {
  return c.store('_orgs').find(() => true) ?? { id: 0, name: 'Unknown', _plan: 'trial' }
}

export function planOf(c: SystemContext): Plan {
  return organization(c)['_plan']
}

export function includes(plan: Plan, lowest: Plan): boolean {
  return ORDER.indexOf(plan) >= ORDER.indexOf(lowest)
}

export function upgrade(lowest: Plan): Failure {
  return { code: 'PLAN_UPGRADE_REQUIRED', message: `This needs the ${lowest[0]!.toUpperCase()}${lowest.slice(1)} plan`, extra: { min_plan: lowest } }
}

/** 402 and 403 come before anything of the request is read. */
export function guard(c: SystemContext, operation: RouteOperation): Failure | undefined {
  if (operation.security.length === 0) return undefined
  const trial = trialOf(c)
  if (trial?.over) return { code: 'TRIAL_EXPIRED', message: 'The trial period has ended' }
  const lowest = LOWEST[operation.id]
  return lowest && !includes(planOf(c), lowest) ? upgrade(lowest) : undefined
}

/** Requests a minute of the plan; no windows, no limit. */
export function windowsOf(category: string, actor: Actor): readonly { requests: number; seconds: number }[] | undefined {
  const plan = actor.row?.['_plan'] as Plan | undefined
  if (category !== 'plan' || plan === undefined) return undefined
  const { rpm } = PLANS[plan]
  return rpm === undefined ? [] : [{ requests: rpm, seconds: 60 }]
}

/** The trial of the organisation, on a trial plan. One whose seeded end is past already goes on for 20 days from its first use. */
export function trialOf(c: SystemContext): { over: boolean; endsAt: string; daysLeft: number } | undefined {
  const org = organization(c)
  if (org['_plan'] !== 'trial') return undefined
  const end = msOf(org['_trialEndsAt'] ?? isoOf(0))
  if (org['_trialExpired'] === true) return { over: true, endsAt: isoOf(end), daysLeft: 0 }
  const until: number = (c.world.values[`trial/${c.owner}`] ??= org['_signedUp'] === true ? end : Math.max(end, c.ms() + 20 * DAY))
  return { over: until <= c.ms(), endsAt: isoOf(until), daysLeft: Math.max(0, Math.ceil((until - c.ms()) / DAY)) }
}
