import type { Redis } from 'ioredis'
import type { Owner } from '../adapters.js'
import type { Destination, ItemState } from '../types.js'
import type { JournalRecord } from '../records.js'
import type { Connection } from './connect.js'
import * as scripts from './scripts.js'

/** What all who work on a batch need to know of it. No secrets. */
export interface BatchMeta {
  readonly destination: Destination
  /** Whose account everything goes to, where that is known. */
  readonly owner?: Owner
  readonly adapter: string
  readonly root: string
  readonly params: Readonly<Record<string, unknown>>
  readonly wait: boolean
  readonly results: boolean
  readonly settleMs: number
  readonly rate: 'documented' | 'off' | number
  readonly maxAttempts: number
  readonly maxPauseMs: number
  readonly timeout?: number
  readonly pollIntervalMs?: number
  readonly created: string
  readonly host: string
}

/** What is known of an item when it is queued. */
export interface ItemFields {
  readonly path: string
  readonly kind: 'file' | 'url'
  /** Where the content is fetched; may hold a signature. */
  readonly source?: string
  readonly name: string
  readonly size?: number
  readonly mtime?: number
  readonly params?: Readonly<Record<string, unknown>>
  /** When it may first have been sent. */
  readonly since?: number
  /** As with an item. */
  readonly round?: number
  readonly job?: string
  readonly document?: string
}

export interface StoredItem {
  readonly n: number
  readonly state: ItemState
  readonly record: JournalRecord
  readonly sending?: Extract<JournalRecord, { t: 'sending' }>
  readonly accepted?: Extract<JournalRecord, { t: 'accepted' }>
  readonly id: string
  readonly sha: string
  readonly try: number
  readonly fields: ItemFields
}

export interface Halt {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly worker: string
}

export type Claimed =
  | { readonly is: 'gone' | 'halted' | 'ended' | 'rest' }
  | { readonly is: 'wait'; readonly ms: number }
  /** `doubtAt`: Redis lost records, and the item may have been sent since then. */
  | { readonly is: 'yours'; readonly state: ItemState; readonly doubtAt: number | undefined }

export interface Write {
  readonly token: string
  readonly was: number
  readonly try: number
  readonly state: ItemState
  readonly record: JournalRecord
  readonly worker: string
  readonly dueMs: number
  readonly follow: boolean
  readonly document?: string
  /** The document must not be another item's. */
  readonly onlyNew?: boolean
  readonly result?: string
  readonly at: number
  readonly from: readonly ItemState[]
}

type Script = (key: string, ...args: (string | number)[]) => Promise<unknown>

const BATCHES = 'orkit:batches'

/** One batch in Redis. */
export class QueueStore {
  readonly prefix: string
  private readonly redis: Redis

  constructor(private readonly connection: Connection, readonly id: string) {
    this.redis = connection.redis
    this.prefix = prefixOf(id)
  }

  /** Names of BullMQ's own queue, in the same slot. */
  get bull(): { readonly name: string; readonly prefix: string } {
    return { name: 'items', prefix: `${this.prefix}bull` }
  }

  async create(meta: BatchMeta): Promise<'new' | 'there'> {
    const info = await this.redis.info('server').catch(() => '')
    const run = /run_id:(\w+)/.exec(info)?.[1] ?? ''
    const fresh = await this.redis.hsetnx(this.key('meta'), 'run', run)
    await this.redis.hset(this.key('meta'), 'meta', JSON.stringify(meta))
    await this.redis.sadd(BATCHES, this.id)
    return fresh === 1 ? 'new' : 'there'
  }

  async meta(): Promise<BatchMeta | undefined> {
    const text = await this.redis.hget(this.key('meta'), 'meta')
    return text === null ? undefined : (JSON.parse(text) as BatchMeta)
  }

  /** Whether the batch is there, and which run of Redis it was last worked on with. */
  async run(): Promise<string | undefined> {
    return (await this.redis.hget(this.key('meta'), 'run')) ?? undefined
  }

  async put(entries: readonly { readonly n: number; readonly state: ItemState; readonly record: JournalRecord; readonly id: string; readonly sha: string; readonly fields: ItemFields; readonly dueMs: number; readonly follow: boolean; readonly again: boolean }[]): Promise<string[]> {
    return Promise.all(entries.map((e) => this.script('put', scripts.put, e.n, e.state, JSON.stringify(e.record), e.id, e.sha, JSON.stringify(e.fields), e.dueMs, flag(e.follow), flag(e.again)) as Promise<string>))
  }

  async claim(n: number, worker: string, token: string, leaseMs: number, settleMs: number, how: 'send' | 'list' | 'ask'): Promise<Claimed> {
    const [is, ms, state, doubt] = (await this.script('claim', scripts.claim, n, worker, token, flag(this.connection.durable), leaseMs, settleMs, how)) as [string, string, ItemState, string]
    if (is === 'wait') return { is, ms: Number(ms) }
    if (is === 'yours') return { is, state, doubtAt: doubt === '' || doubt === undefined ? undefined : Number(doubt) }
    return { is: is as 'gone' | 'halted' | 'ended' | 'rest' }
  }

  write(n: number, w: Write): Promise<'ok' | 'superseded' | 'gone'> {
    return this.script('write', scripts.write, n, w.token, w.was, w.try, w.state, JSON.stringify(w.record), w.worker, Math.ceil(w.dueMs), flag(w.follow), w.document ?? '', flag(w.onlyNew === true), w.result ?? '', w.at, w.from.join(','), flag(this.connection.durable)) as Promise<'ok' | 'superseded' | 'gone'>
  }

  async due(n: number, token: string, ms: number, ask: boolean): Promise<void> {
    await this.script('due', scripts.due, n, token, Math.max(0, Math.ceil(ms)), flag(ask))
  }

  async rest(n: number, token: string): Promise<void> {
    await this.script('rest', scripts.rest, n, token)
  }

  /** False when the batch is gone. */
  async beat(worker: string): Promise<boolean> {
    return (await this.script('beat', scripts.beat, worker)) === 1
  }

  async role(name: string, worker: string, ms: number): Promise<boolean> {
    return (await this.script('role', scripts.role, name, worker, ms)) === 1
  }

  async leaveRole(name: string, worker: string): Promise<void> {
    await this.script('leaveRole', scripts.leaveRole, name, worker)
  }

  async dueAsks(most: number): Promise<number[]> {
    return ((await this.script('dueAsks', scripts.dueAsks, most)) as string[]).map(Number)
  }

  async documents(): Promise<Set<string>> {
    return new Set(await this.redis.smembers(this.key('docs')))
  }

  /** Items whose outcome is open: being sent, to be asked about, and those that were left so. */
  async unsettled(): Promise<{ readonly open: number[]; readonly rest: number[] }> {
    const [sending, asks, rests] = await Promise.all([this.redis.smembers(this.key('sending')), this.redis.zrange(this.key('asks'), '0', '-1'), this.redis.smembers(this.key('rests'))])
    return { open: [...new Set([...sending, ...asks])].map(Number), rest: rests.map(Number) }
  }

  async item(n: number): Promise<StoredItem | undefined> {
    const [item] = await this.items([n])
    return item
  }

  async items(numbers: readonly number[]): Promise<(StoredItem | undefined)[]> {
    return Promise.all(numbers.map(async (n) => {
      const [state, record, sending, accepted, id, sha, tries, fields] = await this.redis.hmget(`${this.prefix}i:${n}`, 'state', 'rec', 'sending', 'accepted', 'id', 'sha', 'try', 'fields')
      if (!state) return undefined
      const parse = <T>(text: string | null | undefined) => (text ? (JSON.parse(text) as T) : undefined)
      return {
        n, state: state as ItemState, record: JSON.parse(record!) as JournalRecord, id: id ?? '', sha: sha ?? '', try: Number(tries), fields: JSON.parse(fields!) as ItemFields,
        ...defined('sending', parse<NonNullable<StoredItem['sending']>>(sending)), ...defined('accepted', parse<NonNullable<StoredItem['accepted']>>(accepted)),
      }
    }))
  }

  /** Numbers of items that were changed after a moment, and the moment of the last of them. */
  async changes(after: number, most: number): Promise<{ readonly numbers: number[]; readonly upTo: number }> {
    const rows = await this.redis.zrangebyscore(this.key('changed'), `(${after}`, '+inf', 'WITHSCORES', 'LIMIT', '0', String(most))
    const numbers = rows.filter((_, index) => index % 2 === 0).map(Number)
    return { numbers, upTo: rows.length === 0 ? after : Number(rows.at(-1)) }
  }

  async result(n: number): Promise<unknown> {
    const text = await this.redis.hget(this.key('results'), String(n))
    return text === null ? undefined : (JSON.parse(text) as unknown)
  }

  async dropResults(numbers: readonly number[]): Promise<void> {
    if (numbers.length > 0) await this.redis.hdel(this.key('results'), ...numbers.map(String))
  }

  async status(): Promise<{ readonly counts: Readonly<Record<string, number>>; readonly open: number; readonly sending: number; readonly following: number; readonly workers: number; readonly halted: Halt | undefined }> {
    const [counts, open, sending, following, beats, halted, time] = await Promise.all([
      this.redis.hgetall(this.key('counts')), this.redis.scard(this.key('open')), this.redis.scard(this.key('sending')), this.redis.scard(this.key('following')), this.redis.hvals(this.key('beats')), this.redis.hget(this.key('meta'), 'halted'), this.redis.time(),
    ])
    const now = Number(time[0]) * 1_000
    return {
      counts: Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, Number(count)])), open, sending, following,
      workers: beats.filter((at) => now - Number(at) < 15_000).length, halted: halted === null ? undefined : (JSON.parse(halted) as Halt),
    }
  }

  open(): Promise<number[]> {
    return this.redis.smembers(this.key('open')).then((all) => all.map(Number))
  }

  following(): Promise<number[]> {
    return this.redis.smembers(this.key('following')).then((all) => all.map(Number))
  }

  async halt(halt: Halt): Promise<void> {
    if ((await this.redis.exists(this.key('meta'))) === 1) await this.redis.hset(this.key('meta'), 'halted', JSON.stringify(halt))
  }

  async unhalt(): Promise<void> {
    await this.redis.hdel(this.key('meta'), 'halted')
  }

  async cancel(at: number, code: string, message: string): Promise<number> {
    for (let total = 0; ;) {
      const [count, more] = (await this.script('cancel', scripts.cancel, at, 500, code, message)) as [number, number]
      total += count
      if (more === 0) return total
    }
  }

  /** Forgets the batch: first that it is one, so that no worker begins with it. */
  async remove(): Promise<void> {
    await this.redis.srem(BATCHES, this.id)
    const found: string[] = []
    for (let cursor = '0'; ;) {
      const [next, keys] = await this.redis.scan(cursor, 'MATCH', `${this.prefix.replace(/[[\]*?\\]/g, '\\$&')}*`, 'COUNT', 1_000)
      found.push(...keys)
      if (next === '0') break
      cursor = next
    }
    await this.redis.del(this.key('meta'))
    for (let start = 0; start < found.length; start += 500) await this.redis.unlink(...found.slice(start, start + 500))
  }

  private key(name: string): string {
    return `${this.prefix}${name}`
  }

  private script(name: string, lua: string, ...args: (string | number)[]): Promise<unknown> {
    const command = `orkit_${name}`
    const known = this.redis as unknown as Record<string, Script | undefined>
    if (known[command] === undefined) this.redis.defineCommand(command, { numberOfKeys: 1, lua })
    return (this.redis as unknown as Record<string, Script>)[command]!(this.key('meta'), ...args)
  }
}

/** The batches that are on the queue. */
export async function queuedBatches({ redis }: Connection): Promise<string[]> {
  return (await redis.smembers(BATCHES)).toSorted()
}

export const prefixOf = (id: string) => `orkit:{${id}}:`

const flag = (value: boolean) => (value ? '1' : '0')
const defined = <K extends string, V>(name: K, value: V | undefined) => (value === undefined ? {} : { [name]: value }) as { [each in K]?: V }
