import type { Reply } from '../kernel/reply.js'
import type { WorldOptions } from '../world/options.js'
import type { Gateway } from './gateway.js'
import type { ListenOptions } from './node.js'

/** What the server needs of the platform that it runs on; all else runs anywhere. */
export interface Host {
  /** Serves on a port. */
  listen(gateway: Gateway, options?: ListenOptions): Promise<{ url: string; port: number; close(): Promise<void> }>
  /** A file of the pages. */
  asset(name: string, acceptEncoding: string | undefined): Promise<Reply | undefined>
  /** Sends webhooks, where the options name nobody else for it. */
  send: NonNullable<WorldOptions['send']>
}
