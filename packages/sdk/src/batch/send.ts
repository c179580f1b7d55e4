import type { Adapter } from './adapters.js'
import { maxAttemptsOf, type SendHost } from './send-host.js'
import { Finisher } from './finish.js'
import { itemId } from './identity.js'
import { changedWhileSent, factsOf, judge, type Verdict } from './outcome.js'
import { ItemProblem, type Prepared } from './prepare.js'
import { Settler } from './settle.js'
import type { Item } from './types.js'

/** Failures in a row, without one success between them, after which the server counts as gone. */
const HOPELESS = 12
/** Above this size the progress of single files is worth telling. */
const BIG = 1 << 20

/** An item that is ready to leave. */
interface Ready {
  readonly item: Item
  readonly id: string
  readonly prepared: Prepared
  readonly params: Readonly<Record<string, unknown>>
}

/** The way of one item: read, intent on disk, request, answer on disk. */
export class Sender {
  sentBytes = 0
  readonly finisher: Finisher
  readonly settler: Settler

  constructor(private readonly host: SendHost) {
    this.finisher = new Finisher(host)
    this.settler = new Settler(host, this.finisher, (bytes) => (this.sentBytes += bytes))
  }

  async send(item: Item): Promise<void> {
    const { host } = this
    const ready = await this.ready(item)
    if (ready === undefined) return
    try {
      await host.permit(host.adapter.operation, host.stopSignal)
    } catch (error) {
      if (host.stopSignal.aborted) return
      throw error
    }
    if (host.budget !== undefined && !(await host.budget.take())) return host.stop({ kind: 'credits', spent: host.budget.spent })
    if (host.stopSignal.aborted) return host.budget?.settled(false)
    const startedAt = host.clock.now()
    const { prepared, id } = ready
    await host.record({ t: 'sending', n: item.n, id, sha: prepared.sha256, try: item.attempts + 1, at: startedAt, ...(prepared.size === item.size || prepared.upload === undefined ? {} : { size: prepared.size }) }, true)
    await this.request(ready, startedAt)
  }

  /** Reads the item and claims its content; undefined when there is nothing to send for it. */
  private async ready(item: Item): Promise<Ready | undefined> {
    const { host } = this
    let prepared: Prepared
    try {
      prepared = await host.prepare(item)
    } catch (error) {
      if (!(error instanceof ItemProblem)) throw error
      host.claims.release(item)
      return void (await this.finisher.fail(item, { code: error.code, message: error.message }, true))
    }
    const params = { ...host.params, ...item.params }
    const problem = problemOf(item, params, host.adapter)
    if (problem !== undefined) return void (await this.finisher.fail(item, problem, false))
    const id = itemId(host.destination, params, prepared.sha256)
    if (item.state === 'unknown' && item.id !== undefined && item.id !== id) {
      return void (await host.record({ t: 'unknown', n: item.n, at: host.clock.now(), code: 'CHANGED', message: 'the file was changed before it was known whether its former content had arrived; upload it anew' }))
    }
    const leader = host.claims.leaderOf(id)
    if (leader !== undefined && leader !== item.n) return void (await host.record({ t: 'same', n: item.n, of: leader, id, sha: prepared.sha256 }))
    if (item.id !== id) host.claims.release(item)
    host.claims.take(id, item)
    return { item, id, prepared, params }
  }

  private async request({ item, id, prepared, params }: Ready, startedAt: number): Promise<void> {
    const { adapter, client, path, options, endSignal, scheduler, budget } = this.host
    const { file, url } = adapter
    const content = url !== undefined ? { [url.member]: item.path } : { [file!.part]: file!.many === true ? [prepared.upload] : prepared.upload }
    let counted = 0
    const onUploadProgress = prepared.size < BIG ? undefined : ({ sent }: { sent: number }) => {
      this.sentBytes += sent - counted
      counted = sent
    }
    try {
      const answer = await client.request<PromiseLike<unknown>>(adapter.operation, { path, params: { ...params, ...content } }, {
        maxRetries: 0, signal: endSignal, timeout: options.timeout, idempotencyKey: `orkit-${id.slice(0, 48)}`, ...(onUploadProgress === undefined ? {} : { onUploadProgress }),
      })
      scheduler.succeeded()
      budget?.settled(true)
      this.sentBytes += prepared.size - counted
      await this.take(item, answer, !(await prepared.unchanged()))
    } catch (error) {
      this.sentBytes -= counted
      budget?.settled(judge(error).kind === 'open')
      await this.refused(item, error, startedAt)
    }
  }

  private async take(item: Item, payload: unknown, changed: boolean): Promise<void> {
    const { host } = this
    const answer = host.adapter.read(payload)
    const at = host.clock.now()
    switch (answer.is) {
      case 'accepted':
        await this.finisher.accept(item, {
          t: 'accepted', n: item.n, at, ...(answer.job === undefined ? {} : { job: answer.job }), ...(answer.document === undefined ? {} : { doc: answer.document }),
          ...(answer.duplicate === true ? { dup: true } : {}), ...(changed ? { changed: true } : {}),
        }, answer.done === true, payload)
        break
      case 'rejected':
        await host.record({ t: 'rejected', n: item.n, at, code: answer.code, message: answer.message })
        break
      case 'unclear':
        await host.record({ t: 'unknown', n: item.n, at, code: 'UNCLEAR_ANSWER', message: answer.message })
    }
  }

  private async refused(item: Item, error: unknown, startedAt: number): Promise<void> {
    const { host, settler } = this
    const verdict = judge(error)
    const facts = factsOf(error)
    switch (verdict.kind) {
      case 'stop':
        host.stop({ kind: 'error', error: error as Error })
        return host.record({ t: verdict.taken === 'no' ? 'planned' : 'unknown', n: item.n, at: host.clock.now(), ...facts })
      case 'rejected':
        host.scheduler.succeeded()
        return host.record({ t: 'rejected', n: item.n, at: host.clock.now(), ...facts })
      case 'failed':
        return this.finisher.fail(item, facts, true)
      case 'again': {
        if (!verdict.counts) item.attempts--
        const delay = this.push(verdict, error, startedAt)
        return settler.again(item, changedWhileSent(error) ? { code: 'CHANGED', message: 'the file was changed while it was sent' } : facts, delay, error)
      }
      case 'open': {
        const delay = this.push({ push: true, ...verdict }, error, startedAt)
        const exhausted = item.attempts >= maxAttemptsOf(host)
        if (exhausted && verdict.answered && host.adapter.again !== 'listing') return this.finisher.fail(item, facts, true)
        await host.record({ t: 'unknown', n: item.n, at: host.clock.now(), ...facts })
        if (exhausted && host.adapter.again !== 'listing') return
        host.emit({ type: 'retry', item, error: error as Error, delayMs: delay })
        settler.later(item, verdict.answered, delay)
      }
    }
  }

  /** Slows everybody down; stops when nothing gets through any more, or the server asks for too long a pause. */
  private push(verdict: Pick<Extract<Verdict, { kind: 'again' }>, 'push' | 'afterMs'>, error: unknown, startedAt: number): number {
    if (!verdict.push) return 0
    const { scheduler, options } = this.host
    const asked = verdict.afterMs
    if (asked !== undefined && asked > (options.maxPauseMs ?? 600_000)) this.host.stop({ kind: 'error', error: error as Error })
    const { code, http } = factsOf(error)
    const paused = scheduler.pushedBack(http === undefined || code.startsWith('HTTP_') ? code : `${http} ${code}`, startedAt, asked)
    if (scheduler.trouble >= HOPELESS) this.host.stop({ kind: 'error', error: error as Error })
    return paused
  }
}

/** What is wrong with an item before anything is sent for it. */
function problemOf(item: Item, params: Readonly<Record<string, unknown>>, adapter: Adapter): { code: string; message: string } | undefined {
  const address = addressProblem(item, adapter)
  if (address !== undefined) return { code: 'INVALID_ADDRESS', message: address }
  const missing = (adapter.required ?? []).filter((name) => params[name] === undefined)
  return missing.length > 0 ? { code: 'MISSING_PARAMETER', message: `needs ${missing.join(', ')}` } : undefined
}

function addressProblem(item: Item, { url, system }: Adapter): string | undefined {
  if (url === undefined) return item.kind === 'url' ? `${system} takes files, not addresses` : undefined
  const protocol = URL.canParse(item.path) ? new URL(item.path).protocol : undefined
  return protocol !== undefined && url.protocols.includes(protocol) ? undefined : `${item.path} is not an address that begins with ${url.protocols.map((each) => `${each}//`).join(' or ')}`
}
