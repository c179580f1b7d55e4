import type { Adapter } from './adapters.js'
import { itemId } from './identity.js'
import { changedWhileSent, factsOf, judge, type Verdict } from './outcome.js'
import { ItemProblem, type Prepared } from './prepare.js'
import { findListed } from './reconcile.js'
import type { JournalRecord } from './records.js'
import type { SendHost } from './send-host.js'
import type { Item } from './types.js'

/** Failures in a row, without one success between them, after which the server counts as gone. */
const HOPELESS = 12
const ANSWERED_MS = 1_000
/** Above this size the progress of single files is worth telling. */
const BIG = 1 << 20

/** The way of one item: read, intent on disk, request, answer on disk. */
export class Sender {
  sentBytes = 0

  constructor(private readonly engine: SendHost) {}

  async send(item: Item): Promise<void> {
    const { engine } = this
    let prepared: Prepared
    try {
      prepared = await engine.prepare(item)
    } catch (error) {
      if (!(error instanceof ItemProblem)) throw error
      engine.claims.release(item)
      return this.fail(item, { code: error.code, message: error.message }, true)
    }
    const problem = addressProblem(item, engine.adapter)
    if (problem !== undefined) return this.fail(item, { code: 'INVALID_ADDRESS', message: problem }, false)
    const params = { ...engine.params, ...item.params }
    const missing = (engine.adapter.required ?? []).filter((name) => params[name] === undefined)
    if (missing.length > 0) return this.fail(item, { code: 'MISSING_PARAMETER', message: `needs ${missing.join(', ')}` }, false)
    const id = itemId(engine.destination, params, prepared.sha256)
    if (item.state === 'unknown' && item.id !== undefined && item.id !== id) {
      return engine.record({ t: 'unknown', n: item.n, at: engine.clock.now(), code: 'CHANGED', message: 'the file was changed before it was known whether its former content had arrived; upload it anew' })
    }
    const leader = engine.claims.leaderOf(id)
    if (leader !== undefined && leader !== item.n) return engine.record({ t: 'same', n: item.n, of: leader, id, sha: prepared.sha256 })
    if (item.id !== id) engine.claims.release(item)
    engine.claims.take(id, item)
    try {
      await engine.permit(engine.adapter.operation, engine.stopSignal)
    } catch (error) {
      if (engine.stopSignal.aborted) return
      throw error
    }
    if (engine.budget !== undefined && !(await engine.budget.take())) return engine.stop({ kind: 'credits', spent: engine.budget.spent })
    if (engine.stopSignal.aborted) return engine.budget?.settled(false)
    const startedAt = engine.clock.now()
    await engine.record({ t: 'sending', n: item.n, id, sha: prepared.sha256, try: item.attempts + 1, at: startedAt, ...(prepared.size === item.size || prepared.upload === undefined ? {} : { size: prepared.size }) }, true)
    await this.request(item, prepared, params, id, startedAt)
  }

  /** An outcome that is not known: sent again, or asked for, when the server is surely through with it. */
  settleLater(item: Item, answered: boolean, afterMs = 0): void {
    const { engine } = this
    const now = engine.clock.now()
    // An intent of the future means that the clock was set back: no wait is longer than the server's time.
    const through = answered ? now + Math.max(ANSWERED_MS, afterMs) : Math.min(now + engine.settleMs, Math.max(now, (item.sentAt ?? now) + engine.settleMs))
    switch (engine.adapter.again) {
      case 'key':
        engine.sendAt(asUnknown(item), now + afterMs)
        break
      case 'content':
        engine.sendAt(asUnknown(item), through)
        break
      case 'listing':
        engine.askAt(asUnknown(item), through)
    }
    if (through - now > ANSWERED_MS && engine.adapter.again !== 'key') engine.emit({ type: 'settle', items: 1, until: through })
  }

  /** Asks the listing about items whose outcome is not known. */
  async ask(items: readonly Item[]): Promise<void> {
    const { engine } = this
    const { listing } = engine.adapter
    if (listing === undefined) return this.leaveUnknown(items, 'the system offers no way to ask')
    const rows = []
    try {
      await engine.permit(listing.operation, engine.stopSignal)
      for await (const row of engine.client.request<AsyncIterable<unknown>>(listing.operation, { path: engine.path, params: listing.params ?? {} }, { signal: engine.endSignal })) rows.push({ ...listing.row(row), raw: row })
    } catch (error) {
      if (engine.stopSignal.aborted) return
      return this.leaveUnknown(items, `the listing could not be read: ${(error as Error).message}`)
    }
    const findings = findListed(items, rows, await engine.documents())
    for (const item of items) {
      const finding = findings.get(item.n)!
      if (finding.is === 'there') {
        this.sentBytes += item.size ?? 0
        item.document = finding.document
        await this.accept(item, { t: 'accepted', n: item.n, at: engine.clock.now(), doc: finding.document }, !engine.isFollowed(item), finding.row.raw)
      } else if (finding.is === 'absent') await this.again(item, { code: 'NOT_ARRIVED', message: 'the server does not list it' }, 0)
      else await this.leaveUnknown([item], finding.why)
    }
  }

  /** The job of an item ended. */
  async ended(item: Item, outcome: { readonly ok: boolean; readonly status: string; readonly reason?: string; readonly code?: string; readonly row: unknown }): Promise<void> {
    const { engine } = this
    const { follow } = engine.adapter
    let result = outcome.row
    if (outcome.ok && engine.options.results === true && follow?.get !== undefined && follow.list !== undefined) {
      await engine.permit(follow.get.operation, engine.stopSignal)
      result = await engine.client.request<PromiseLike<unknown>>(follow.get.operation, { path: { ...engine.path, [follow.get.param]: item.job! } }, { signal: engine.endSignal })
    }
    if (outcome.ok) await this.finish(item, result)
    else await this.fail(item, { code: outcome.code ?? 'JOB_FAILED', message: outcome.reason ?? `its job ended as ${outcome.status}` }, false)
  }

  /** What ends with its acceptance is handed over before that is written: a crash between the two leaves it open, to be settled. */
  private async accept(item: Item, record: Extract<JournalRecord, { t: 'accepted' }>, ends: boolean, result: unknown): Promise<void> {
    const { engine } = this
    if (!ends) {
      await engine.record(record)
      return engine.follow(item)
    }
    item.job = record.job ?? item.job
    item.document = record.doc ?? item.document
    await engine.options.onResult?.(item, result)
    await engine.record({ ...record, end: true })
    engine.emit({ type: 'result', item, result })
  }

  /** The result is handed over before the item is marked done: after a crash it is handed over again, never lost. */
  private async finish(item: Item, result: unknown): Promise<void> {
    const { engine } = this
    await engine.options.onResult?.(item, result)
    await engine.record({ t: 'done', n: item.n, at: engine.clock.now() })
    engine.emit({ type: 'result', item, result })
  }

  private async request(item: Item, prepared: Prepared, params: Readonly<Record<string, unknown>>, id: string, startedAt: number): Promise<void> {
    const { adapter, client, options, endSignal } = this.engine
    const { file, url } = adapter
    const content = url !== undefined ? { [url.member]: item.path } : { [file!.part]: file!.many === true ? [prepared.upload] : prepared.upload }
    let counted = 0
    const onUploadProgress = prepared.size < BIG ? undefined : ({ sent }: { sent: number }) => {
      this.sentBytes += sent - counted
      counted = sent
    }
    let answer: unknown
    try {
      answer = await client.request<PromiseLike<unknown>>(adapter.operation, { path: this.engine.path, params: { ...params, ...content } }, {
        maxRetries: 0, signal: endSignal, timeout: options.timeout, idempotencyKey: `orkit-${id.slice(0, 48)}`, ...(onUploadProgress === undefined ? {} : { onUploadProgress }),
      })
    } catch (error) {
      this.sentBytes -= counted
      this.engine.budget?.settled(judge(error).kind === 'open')
      return this.refused(item, error, startedAt)
    }
    this.engine.scheduler.succeeded()
    this.engine.budget?.settled(true)
    this.sentBytes += prepared.size - counted
    await this.take(item, answer, !(await prepared.unchanged()))
  }

  private async take(item: Item, payload: unknown, changed: boolean): Promise<void> {
    const { engine } = this
    const answer = engine.adapter.read(payload)
    const at = engine.clock.now()
    switch (answer.is) {
      case 'accepted':
        await this.accept(item, {
          t: 'accepted', n: item.n, at, ...(answer.job === undefined ? {} : { job: answer.job }), ...(answer.document === undefined ? {} : { doc: answer.document }),
          ...(answer.duplicate === true ? { dup: true } : {}), ...(changed ? { changed: true } : {}),
        }, answer.done === true, payload)
        break
      case 'rejected':
        await engine.record({ t: 'rejected', n: item.n, at, code: answer.code, message: answer.message })
        break
      case 'unclear':
        await engine.record({ t: 'unknown', n: item.n, at, code: 'UNCLEAR_ANSWER', message: answer.message })
    }
  }

  private async refused(item: Item, error: unknown, startedAt: number): Promise<void> {
    const { engine } = this
    const verdict = judge(error)
    const facts = factsOf(error)
    switch (verdict.kind) {
      case 'stop':
        engine.stop({ kind: 'error', error: error as Error })
        if (verdict.taken === 'no') return engine.record({ t: 'planned', n: item.n, at: engine.clock.now(), ...facts })
        return engine.record({ t: 'unknown', n: item.n, at: engine.clock.now(), ...facts })
      case 'rejected':
        engine.scheduler.succeeded()
        return engine.record({ t: 'rejected', n: item.n, at: engine.clock.now(), ...facts })
      case 'failed':
        return this.fail(item, facts, true)
      case 'again': {
        if (!verdict.counts) item.attempts--
        const delay = this.push(verdict, error, startedAt)
        return this.again(item, changedWhileSent(error) ? { code: 'CHANGED', message: 'the file was changed while it was sent' } : facts, delay, error)
      }
      case 'open': {
        const delay = this.push({ push: true, ...verdict }, error, startedAt)
        const exhausted = item.attempts >= (engine.options.maxAttempts ?? 5)
        if (exhausted && verdict.answered && engine.adapter.again !== 'listing') return this.fail(item, facts, true)
        await engine.record({ t: 'unknown', n: item.n, at: engine.clock.now(), ...facts })
        if (exhausted && engine.adapter.again !== 'listing') return
        engine.emit({ type: 'retry', item, error: error as Error, delayMs: delay })
        this.settleLater(item, verdict.answered, delay)
      }
    }
  }

  /** Slows everybody down; stops when nothing gets through any more, or the server asks for too long a pause. */
  private push(verdict: Pick<Extract<Verdict, { kind: 'again' }>, 'push' | 'afterMs'>, error: unknown, startedAt: number): number {
    if (!verdict.push) return 0
    const { scheduler, options } = this.engine
    const asked = verdict.afterMs
    if (asked !== undefined && asked > (options.maxPauseMs ?? 600_000)) this.engine.stop({ kind: 'error', error: error as Error })
    const { code, http } = factsOf(error)
    const paused = scheduler.pushedBack(http === undefined || code.startsWith('HTTP_') ? code : `${http} ${code}`, startedAt, asked)
    if (scheduler.trouble >= HOPELESS) this.engine.stop({ kind: 'error', error: error as Error })
    return paused
  }

  private async again(item: Item, facts: { code: string; message: string; http?: number }, delayMs: number, error?: unknown): Promise<void> {
    const { engine } = this
    if (item.attempts >= (engine.options.maxAttempts ?? 5)) return this.fail(item, facts, true)
    await engine.record({ t: 'planned', n: item.n, at: engine.clock.now(), ...facts })
    if (error !== undefined) engine.emit({ type: 'retry', item, error: error as Error, delayMs })
    engine.sendAt(item, engine.clock.now() + delayMs)
  }

  private async fail(item: Item, facts: { code: string; message: string; http?: number }, again: boolean): Promise<void> {
    await this.engine.record({ t: 'failed', n: item.n, at: this.engine.clock.now(), ...facts, ...(again ? { again: true } : {}) })
  }

  private async leaveUnknown(items: readonly Item[], why: string): Promise<void> {
    for (const item of items) await this.engine.record({ t: 'unknown', n: item.n, at: this.engine.clock.now(), code: item.code ?? 'OUTCOME_UNKNOWN', message: why })
  }
}

function addressProblem(item: Item, { url, system }: Adapter): string | undefined {
  if (url === undefined) return item.kind === 'url' ? `${system} takes files, not addresses` : undefined
  const protocol = URL.canParse(item.path) ? new URL(item.path).protocol : undefined
  return protocol !== undefined && url.protocols.includes(protocol) ? undefined : `${item.path} is not an address that begins with ${url.protocols.map((each) => `${each}//`).join(' or ')}`
}

/** Until it is settled, an intent without an answer is an unknown outcome. */
function asUnknown(item: Item): Item {
  item.state = 'unknown'
  return item
}
