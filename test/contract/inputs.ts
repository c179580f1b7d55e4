import type { Mock } from '@orkit/mock'
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

export const needs: Readonly<Record<System, Readonly<Record<string, Need>>>> = {
  orca: {},
  orckai: {},
  flexorch: {},
  klarefi: {},
  orbiter: {},
}
