import type { Owner } from './adapters.js'
import { JournalError } from './errors.js'
import { ownerOf } from './owner.js'
import type { SendHost } from './send-host.js'
import type { BatchOptions, Item } from './types.js'

/** What was begun for one account is never gone on with for another by mistake. */
export class Ownership {
  constructor(private readonly host: Pick<SendHost, 'client' | 'adapter' | 'stopSignal' | 'permit' | 'record' | 'stop'>, private readonly options: Pick<BatchOptions, 'account' | 'acceptAccount'>) {}

  /** Refuses a journal of another account, naming both. */
  async compare(journal: string, found: Owner | undefined): Promise<void> {
    if (found === undefined) return
    const mine = await this.ask()
    if (mine === undefined || mine.id === found.id) return
    if (this.options.acceptAccount === true) return this.host.record({ t: 'owner', ...mine }, true)
    throw new JournalError(
      `${journal} belongs to another account: it was begun for ${describeOwner(found)}; the credential now is that of ${describeOwner(mine)}`, 'account',
      'Sign in to the account that it was begun for, or give another journal. If both are one account (a key was changed), say so: --accept-account, acceptAccount.',
    )
  }

  /** On disk before the first intent. */
  async learn(known: Owner | undefined): Promise<void> {
    if (known !== undefined) return
    const mine = await this.ask()
    if (mine !== undefined) await this.host.record({ t: 'owner', ...mine }, true)
  }

  /** Undefined when nothing tells; when it cannot even be asked the batch stops. */
  private async ask(): Promise<Owner | undefined> {
    const { client, adapter, stopSignal } = this.host
    if (this.options.account !== undefined) return { id: this.options.account }
    if (stopSignal.aborted) return undefined
    try {
      if (adapter.owner !== undefined) await this.host.permit(adapter.owner.operation, stopSignal)
      return await ownerOf(client, adapter, stopSignal)
    } catch (error) {
      this.host.stop({ kind: 'error', error: error as Error })
      return undefined
    }
  }
}

/** For people: `id (name)`, or the id alone. */
export const describeOwner = ({ id, name }: Owner): string => (name === undefined ? id : `${id} (${name})`)

/** Something is left of it that needs the server. */
export const needsServer = ({ state }: Pick<Item, 'state'>): boolean => state === 'planned' || state === 'sending' || state === 'unknown' || state === 'accepted'
