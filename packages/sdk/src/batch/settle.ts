import { TIMEOUT } from '../core/defaults.js'
import { maxAttemptsOf, type SendHost, type Unsettled } from './send-host.js'
import type { Finisher } from './finish.js'
import { judge, type Facts } from './outcome.js'
import { comparableName } from './file-name.js'
import { findListed } from './reconcile.js'
import type { ListedRow } from './adapters.js'
import type { Item } from './types.js'

const ANSWERED_MS = 1_000

/** Outcomes that are not known: when the server is surely through with a request, its item is sent again or asked for. */
export class Settler {
  /** Listings in a row that could not be read. */
  private inVain = 0
  /** Items that were sent once more because the caller wanted it so, though nothing told of them. */
  private readonly forced = new Set<number>()

  /** `sent` is told of bytes that turn out to have arrived. */
  constructor(private readonly host: SendHost, private readonly finisher: Finisher, private readonly sent: (bytes: number) => void) {}

  /**
   * `answered`: the server is through with it already. `endedAt`: when its request ended. Default, for one of a process that died: when it ended at the
   * latest, as the body may have been on its way for as long as an attempt may take.
   */
  later(item: Item, { answered, afterMs = 0, endedAt }: { readonly answered: boolean; readonly afterMs?: number; readonly endedAt?: number }): void {
    const { host } = this
    const { again } = host.adapter
    const now = host.clock.now()
    const { settleMs } = host
    const ended = endedAt ?? (item.sentAt ?? now) + attemptMs(host)
    // An intent of the future means that the clock was set back: no wait is longer than the server's time.
    const through = answered ? now + Math.max(ANSWERED_MS, afterMs) : Math.min(now + settleMs, Math.max(now, ended + settleMs))
    // Until it is settled, an intent without an answer is an unknown outcome.
    item.state = 'unknown'
    if (again === 'listing') host.askAt(item, through)
    else host.sendAt(item, again === 'key' ? now + afterMs : through)
    if (through - now > ANSWERED_MS && again !== 'key') host.emit({ type: 'settle', items: 1, until: through })
  }

  /** Asks the listing about items whose outcome is not known. False when that was broken off, and they are left as they are. */
  async ask(items: readonly Item[]): Promise<boolean> {
    const { host } = this
    const rows = await this.listed(items)
    if (typeof rows === 'boolean') return rows
    // After the rows: whoever is sent from now on is not in them.
    const { clear, waiting, hopeless } = apart(items, await host.unsettled())
    for (const item of waiting) host.askAt(item, host.clock.now() + ANSWERED_MS)
    await this.leaveUnknown(hopeless, 'another item of this name and size is not settled either')
    await this.decide(clear, rows)
    return true
  }

  private async decide(items: readonly Item[], rows: readonly ListedRow[]): Promise<void> {
    const { host } = this
    const findings = findListed(items, rows, await host.documents())
    for (const item of items) {
      const finding = findings.get(item.n)!
      if (finding.is === 'there') {
        this.sent(item.size ?? 0)
        item.document = finding.document
        await this.finisher.accept(item, { t: 'accepted', n: item.n, at: host.clock.now(), doc: finding.document }, !host.isFollowed(item), finding.row.raw)
      } else if (finding.is === 'absent') await this.again(item, { code: 'NOT_ARRIVED', message: 'the server does not list it' }, 0)
      else await this.leaveUnknown([item], finding.why)
    }
  }

  /** Known not to have been taken: sent again after a while, as often as attempts are left. */
  async again(item: Item, facts: Facts, delayMs: number, error?: unknown): Promise<void> {
    const { host } = this
    if (item.attempts >= maxAttemptsOf(host)) return this.finisher.fail(item, facts, true)
    await host.record({ t: 'planned', n: item.n, at: host.clock.now(), ...facts })
    if (error !== undefined) host.emit({ type: 'retry', item, error: error as Error, delayMs })
    host.sendAt(item, host.clock.now() + delayMs)
  }

  /** What the server lists. When it did not say: true, and the items are seen to, or false, and they are left as they are. */
  private async listed(items: readonly Item[]): Promise<ListedRow[] | boolean> {
    const { adapter, client, path, stopSignal, endSignal } = this.host
    const { listing } = adapter
    if (listing === undefined) {
      await this.leaveUnknown(items, 'the system offers no way to ask')
      return true
    }
    const startedAt = this.host.clock.now()
    try {
      await this.host.permit(listing.operation, stopSignal)
      const rows: ListedRow[] = []
      for await (const row of client.request<AsyncIterable<unknown>>(listing.operation, { path, params: listing.params ?? {} }, { signal: endSignal })) rows.push({ ...listing.row(row), raw: row })
      this.inVain = 0
      return rows
    } catch (error) {
      return !stopSignal.aborted && (await this.askAgain(items, error, startedAt))
    }
  }

  /** The listing could not be read: asked again after a pause, as often as it may help. */
  private async askAgain(items: readonly Item[], error: unknown, startedAt: number): Promise<boolean> {
    const { host } = this
    const verdict = judge(error)
    if (verdict.kind === 'stop') {
      host.stop({ kind: 'error', error: error as Error })
      return false
    }
    if ((verdict.kind !== 'again' && verdict.kind !== 'open') || ++this.inVain >= maxAttemptsOf(host)) {
      await this.leaveUnknown(items, `the listing could not be read: ${(error as Error).message}`)
      return true
    }
    const at = host.clock.now() + host.scheduler.pushedBack((error as Error).message, startedAt, verdict.afterMs)
    for (const item of items) host.askAt(item, at)
    return true
  }

  private async leaveUnknown(items: readonly Item[], why: string): Promise<void> {
    for (const item of items) {
      const facts = { code: item.code ?? 'OUTCOME_UNKNOWN', message: why }
      if (this.host.options.retry === 'all' && !this.forced.has(item.n)) {
        this.forced.add(item.n)
        await this.again(item, facts, 0)
      } else await this.host.record({ t: 'unknown', n: item.n, at: this.host.clock.now(), ...facts })
    }
  }
}

/** How long one attempt may take, its body included. */
function attemptMs({ options, client }: Pick<SendHost, 'options' | 'client'>): number {
  const { timeout } = (client._options ?? {}) as { readonly timeout?: unknown }
  return options.timeout ?? (typeof timeout === 'number' ? timeout : TIMEOUT)
}

/**
 * An entry of the listing may be that of another item of the same name and size: while such a one is under way or is still to be asked about, nothing
 * can be told; when its outcome is given up, it never can.
 */
function apart(items: readonly Item[], others: readonly Unsettled[]): { clear: Item[]; waiting: Item[]; hopeless: Item[] } {
  const asked = new Set(items.map((item) => item.n))
  const alike = (item: Item) => others.filter((other) => !asked.has(other.n) && comparableName(other.name) === comparableName(item.name) && other.size === item.size)
  const parts = { clear: [] as Item[], waiting: [] as Item[], hopeless: [] as Item[] }
  for (const item of items) {
    const found = alike(item)
    parts[found.length === 0 ? 'clear' : found.some((other) => other.open) ? 'waiting' : 'hopeless'].push(item)
  }
  return parts
}
