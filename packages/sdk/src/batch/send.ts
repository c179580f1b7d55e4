import { shownAddress } from './address.js'
import type { Adapter, Answer, NamedAnswer } from './adapters.js'
import { Finisher } from './finish.js'
import { Grouping } from './grouping.js'
import { itemId } from './identity.js'
import { judge } from './outcome.js'
import type { Permit } from './pacer.js'
import { ItemProblem, type Prepared } from './prepare.js'
import { Refusals } from './refusal.js'
import type { SendHost } from './send-host.js'
import { Settler } from './settle.js'
import type { Item } from './types.js'

/** Above this size the progress of a request is worth telling. */
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
  readonly grouping: Grouping
  private readonly refusals: Refusals

  constructor(private readonly host: SendHost) {
    this.finisher = new Finisher(host)
    this.settler = new Settler(host, this.finisher, (bytes) => (this.sentBytes += bytes))
    // What a file costs is learnt from it alone.
    this.grouping = new Grouping(host.budget === undefined ? host.adapter.together : undefined, host.options.filesPerRequest)
    this.refusals = new Refusals(host, this.finisher, this.settler, this.grouping)
  }

  /** Items that go together share one request; see `Grouping`. */
  async send(...items: readonly Item[]): Promise<void> {
    const { host } = this
    const group = (await Promise.all(items.map((item) => this.ready(item)))).filter((ready) => ready !== undefined)
    if (group.length === 0) return
    let permit: Permit | void
    try {
      permit = await host.permit(host.adapter.operation, host.stopSignal)
    } catch (error) {
      if (host.stopSignal.aborted) return
      throw error
    }
    if (host.budget !== undefined && !(await host.budget.take())) return host.stop({ kind: 'credits', spent: host.budget.spent })
    if (host.stopSignal.aborted) return host.budget?.settled(false)
    const startedAt = host.clock.now()
    try {
      await Promise.all(group.map(({ item, id, prepared }) => host.record({
        t: 'sending', n: item.n, id, sha: prepared.sha256, try: item.attempts + 1, at: startedAt, ...(prepared.size === item.size || prepared.upload === undefined ? {} : { size: prepared.size }),
      }, true)))
    } catch (error) {
      // Others may wait for what this one costs.
      host.budget?.settled(false)
      throw error
    }
    const answered = permit ? permit.leaves() : undefined
    await this.request(group, startedAt, answered)
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
      if (item.state === 'unknown') return void (await host.record({ t: 'unknown', n: item.n, at: host.clock.now(), code: error.code, message: `${error.message}; whether it had arrived before is not known` }))
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

  private async request(group: readonly Ready[], startedAt: number, answered?: () => void): Promise<void> {
    const { adapter, client, path, options, endSignal, scheduler, budget } = this.host
    const [{ item: { round }, id, params }] = group as readonly [Ready]
    const size = group.reduce((sum, { prepared }) => sum + prepared.size, 0)
    let counted = 0
    const onUploadProgress = size < BIG ? undefined : ({ sent }: { sent: number }) => {
      this.sentBytes += sent - counted
      counted = sent
    }
    let payload: unknown
    try {
      payload = await client.request<PromiseLike<unknown>>(adapter.operation, { path, params: { ...params, ...contentOf(group, adapter) } }, {
        maxRetries: 0, signal: endSignal, timeout: options.timeout, ...(group.length === 1 ? { idempotencyKey: `orkit-${id.slice(0, 48)}${round === 0 ? '' : `-${round}`}` } : {}), ...(onUploadProgress === undefined ? {} : { onUploadProgress }),
      })
    } catch (error) {
      answered?.()
      this.sentBytes -= counted
      budget?.settled(judge(error).kind === 'open')
      return this.refusals.take(group.map(({ item }) => item), error, startedAt)
    }
    answered?.()
    scheduler.succeeded()
    budget?.settled(true)
    this.sentBytes += size - counted
    await this.answered(group, payload)
  }

  private async answered(group: readonly Ready[], payload: unknown): Promise<void> {
    const { adapter } = this.host
    const named = adapter.together?.read(payload)
    if (group.length > 1) return void (await Promise.all(group.map((ready) => this.takeNamed(ready, named?.get(ready.item.name)))))
    this.grouping.learn(named?.has(group[0]!.item.name) === true)
    await this.take(group[0]!, adapter.read(payload), payload)
  }

  /** One of several files. What the answer does not name goes alone: the server is through with it and knows it by its content. */
  private async takeNamed(ready: Ready, found: NamedAnswer | undefined): Promise<void> {
    if (found !== undefined && found.answer.is !== 'unclear') return this.take(ready, found.answer, found.row)
    const { item } = ready
    this.grouping.keepAlone([item])
    await this.host.record({ t: 'unknown', n: item.n, at: this.host.clock.now(), code: 'UNCLEAR_ANSWER', message: 'the answer to several files does not name this one' })
    this.settler.later(item, { answered: true })
  }

  private async take({ item, prepared }: Ready, answer: Answer, payload: unknown): Promise<void> {
    const { host } = this
    const changed = !(await prepared.unchanged())
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
}

/** The body's members that say what is sent. */
function contentOf(group: readonly Ready[], { url, file }: Adapter): Readonly<Record<string, unknown>> {
  if (url !== undefined) return { [url.member]: group[0]!.item.path }
  const uploads = group.map(({ prepared }) => prepared.upload)
  return { [file!.part]: file!.many === true ? uploads : uploads[0] }
}

/** What is wrong with an item before anything is sent for it. */
function problemOf(item: Item, params: Readonly<Record<string, unknown>>, adapter: Adapter): { code: string; message: string } | undefined {
  const address = addressProblem(item, adapter)
  if (address !== undefined) return { code: 'INVALID_ADDRESS', message: address }
  const missing = (adapter.required ?? []).filter((name) => params[name] === undefined)
  return missing.length > 0 ? { code: 'MISSING_PARAMETER', message: `needs ${missing.join(', ')}` } : undefined
}

function addressProblem(item: Item, { url, system }: Adapter): string | undefined {
  if (url === undefined) return item.kind === 'url' && item.source === undefined ? `${system} takes files, not addresses` : undefined
  const protocol = URL.canParse(item.path) ? new URL(item.path).protocol : undefined
  return protocol !== undefined && url.protocols.includes(protocol) ? undefined : `${shownAddress(item.path)} is not an address that begins with ${url.protocols.map((each) => `${each}//`).join(' or ')}`
}
