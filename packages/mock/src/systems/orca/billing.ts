import type { Context } from '../../kernel/context.js'
import { defineResource } from '../../kernel/definition.js'
import type { SystemContext } from '../../kernel/system-context.js'
import type { Row } from '../../kernel/types.js'
import { adminOnly } from './access.js'

/** Tokens for one operation on the basic and on the advanced tier. */
export const PRICES = {
  column: { basic: 1, advanced: 3 },
  report: { basic: 5, advanced: 10 },
  simple: { basic: 1, advanced: 3 },
  complex: { basic: 2, advanced: 5 },
  action: { basic: 3, advanced: 8 },
  follow_up: { basic: 1, advanced: 3 },
  off_scope: { basic: 0, advanced: 0 },
  free: { basic: 0, advanced: 0 },
} as const

export const billing = defineResource({
  collections: { billing: { present: ({ balance, allowance, used, plan, ai_tier }) => ({ balance, allowance, used, plan, ai_tier }) } },
  behaviours: {
    'billing.tokenStatus': (c) => c.show('billing', viewed(c)),
    'billing.credits': (c) => ({ balance: viewed(c)['balance'] }),
    'billing.updateAiTier': (c) => {
      adminOnly(c)
      const account = accountOf(c)
      const tier: string = c.body.ai_tier
      if (tier === 'advanced' && account['plan'] === 'free') c.fail('bad_request', 'The Free plan has the basic AI tier only')
      return { ai_tier: c.store('billing').update(account.id, { ai_tier: tier })['ai_tier'] }
    },
    'billing.addCredits': (c) => {
      const account = viewed(c)
      if (!Number.isSafeInteger(account['balance'] + c.body.tokens)) c.fail('bad_request', 'tokens is too large')
      return { balance: c.store('billing').update(account.id, { balance: account['balance'] + c.body.tokens })['balance'] }
    },
  },
})

export function accountOf(c: SystemContext): Row {
  return c.store('billing').find(() => true) ?? c.missing('Billing account')
}

export function price(c: SystemContext, operation: keyof typeof PRICES): number {
  return PRICES[operation][accountOf(c)['ai_tier'] === 'advanced' ? 'advanced' : 'basic']
}

/** Takes tokens, or says why it cannot. Paid plans may overdraw by their allowance. */
export function spend(c: SystemContext, tokens: number): string | undefined {
  const account = accountOf(c)
  const floor = account['plan'] === 'free' ? 0 : -account['allowance']
  if (tokens > 0 && account['balance'] - tokens < floor) return `Not enough tokens: ${tokens} needed, ${Math.max(0, account['balance'])} left`
  c.store('billing').update(account.id, { balance: account['balance'] - tokens, used: account['used'] + tokens })
  return undefined
}

/** For operations that document a 400: no tokens, no work. */
export function charge(c: Context, tokens: number): void {
  const refusal = spend(c, tokens)
  if (refusal !== undefined) c.fail('bad_request', refusal)
}

/** `can_view_billing` is off for workers. */
function viewed(c: Context): Row {
  adminOnly(c)
  return accountOf(c)
}
