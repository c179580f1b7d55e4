import type { Mock } from '@orkit/mock'
import { Secret, TOTP } from 'otpauth'
import type { System } from './document.js'

/** What an operation needs beyond the examples of its document. Most need nothing. */
export interface Need {
  /** Replaces path parameters. */
  readonly path?: Readonly<Record<string, string>>
  /** Replaces query, header or body members; `undefined` leaves one out. */
  readonly params?: Readonly<Record<string, unknown>>
  /** Client options instead of the seeded credentials. */
  readonly credentials?: Readonly<Record<string, string>>
  /** Name of the file that is uploaded. */
  readonly file?: string
  /** Runs on the fresh world before the call; what it returns is merged into this need. */
  prepare?(call: (operation: string, input: { path?: Record<string, string>; params?: Record<string, unknown> }) => Promise<unknown>, mock: Mock): Promise<Need | void>
}

const password = 'correct horse battery staple'

export const needs: Readonly<Record<System, Readonly<Record<string, Need>>>> = {
  orca: {
    'auth.totp.complete': {
      prepare: async (call) => {
        const challenge = (await call('auth.login', { params: { email: 'grace@example.com', password } })) as { temp_token: string }
        return { params: { temp_token: challenge.temp_token, code: new TOTP({ secret: Secret.fromBase32('JBSWY3DPEHPK3PXP') }).generate() } }
      },
    },
    'auth.refresh': {
      prepare: async (call) => {
        const tokens = (await call('auth.login', { params: { email: 'ada@example.com', password } })) as { refresh_token: string }
        return { params: { refresh_token: tokens.refresh_token } }
      },
    },
  },
  orckai: {},
  flexorch: {},
  klarefi: {},
  orbiter: {
    'runs.queue.cancel': {
      prepare: async (call) => {
        let queue_id: string | undefined
        // As many as may run at a time, and one more.
        for (let i = 0; i < 6; i++) queue_id = ((await call('workflows.run', { path: { workflow_id: 'd0000000-0000-4000-8000-000000000001' } })) as { queue_id?: string }).queue_id
        return { path: { queue_id: queue_id! } }
      },
    },
    'workflows.runs.cancel': { path: { workflow_id: 'd0000000-0000-4000-8000-000000000001', run_id: 'd1000000-0000-4000-8000-000000000003' } },
  },
}
