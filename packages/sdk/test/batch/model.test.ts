import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RateLimitError, ServerError, type ApiError } from '../../src/core/errors/api.js'
import { ConnectionError, TimeoutError } from '../../src/core/errors/network.js'
import { adapterFor, type Adapter } from '../../src/batch/adapters.js'
import { uploadBatch } from '../../src/batch/batch.js'
import { replay } from '../../src/batch/replay.js'
import { encodeLine, type Header, type JournalRecord } from '../../src/batch/records.js'
import type { Journal } from '../../src/batch/journal.js'
import type { BatchClient, Item, Summary } from '../../src/batch/types.js'

/**
 * The machine against an ideal server, in time that is only counted: the process dies at any record, what was not synced may be lost, every
 * request may go wrong in every way, and yet each file is taken once.
 */

const WORK = 300
const SETTLE = 2_000
const TIMEOUT = 900

/** Time that moves when nobody has anything to do. Timers belong to a process and die with it. */
class World {
  now = 1_700_000_000_000
  private timers: { readonly at: number; readonly owner: object; readonly go: () => void }[] = []

  at(ms: number, owner: object, go: () => void): () => void {
    const timer = { at: this.now + ms, owner, go }
    this.timers.push(timer)
    return () => void (this.timers = this.timers.filter((each) => each !== timer))
  }

  kill(owner: object): void {
    this.timers = this.timers.filter((each) => each.owner !== owner)
  }

  /** Runs until `over` says so, or nothing is left to wait for. */
  async run(over: () => boolean): Promise<void> {
    for (;;) {
      // What follows from the last event happens before the next.
      for (let turn = 0; turn < 12; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
      if (over()) return
      const next = this.timers.toSorted((a, b) => a.at - b.at)[0]
      if (next === undefined) throw new Error('nothing is left to wait for, and it is not over')
      this.timers = this.timers.filter((each) => each !== next)
      this.now = Math.max(this.now, next.at)
      next.go()
    }
  }
}

const faults = ['ok', 'lost-before', 'refused', 'lost-after', '500-before', '500-after', '503', '429', 'slow', 'bad'] as const
type Fault = (typeof faults)[number]

interface Taken { readonly id: string; readonly name: string; readonly size: number; readonly content: string; readonly at: number }

/** Takes what it is sent, unless it goes wrong as the script says; knows content, or keys, or neither. */
class IdealServer {
  readonly taken: Taken[] = []
  private turn = 0

  constructor(private readonly world: World, private readonly knows: Adapter['again'], private readonly script: readonly Fault[]) {}

  receive(files: readonly { name: string; data: Uint8Array }[], key: string | undefined, answer: (result: { payload?: unknown; error?: Error }) => void): void {
    const fault = this.script[this.turn++] ?? 'ok'
    const api = (Kind: new (init: ConstructorParameters<typeof ApiError>[0]) => ApiError, status: number, more: object = {}) => new Kind({ system: 's', operation: 'o', status, message: 'm', ...more })
    const reply = (ms: number, result: Parameters<typeof answer>[0]) => void this.world.at(ms, this, () => answer(result))
    const lost = new ConnectionError('reset', { code: 'ECONNRESET', sent: true })
    switch (fault) {
      case 'refused': return reply(1, { error: new ConnectionError('refused', { code: 'ECONNREFUSED', sent: false }) })
      case 'lost-before': return reply(5, { error: lost })
      case '429': return reply(5, { error: api(RateLimitError, 429, { code: 'RATE_LIMIT_EXCEEDED', retryAfterMs: 100, retryable: true }) })
      case '500-before': return reply(5, { error: api(ServerError, 500, { retryable: true }) })
      case '503': return reply(5, { error: api(ServerError, 503, { retryable: true, retryAfterMs: 50 }) })
      case 'bad': return reply(5, { payload: {} })
      default:
    }
    // The client gives up before a slow server is through; a lost answer is lost at any moment of the work.
    if (fault === 'slow') reply(TIMEOUT, { error: new TimeoutError('slow', { scope: 'attempt', timeoutMs: TIMEOUT }) })
    if (fault === 'lost-after') reply(WORK / 3, { error: lost })
    this.world.at(fault === 'slow' ? SETTLE - 200 : WORK, this, () => {
      const rows = files.map((file) => this.take(file, key))
      if (fault === '500-after') answer({ error: api(ServerError, 500, { retryable: true }) })
      else if (fault === 'ok') answer({ payload: this.knows === 'content' ? { accepted: rows.length, rejected: [], jobs: rows } : rows[0] })
    })
  }

  private take(file: { name: string; data: Uint8Array }, key: string | undefined) {
    const content = Buffer.from(file.data).toString()
    const known = this.taken.find((each) => (this.knows === 'content' && each.content === content) || (this.knows === 'key' && key !== undefined && each.id === key))
    const id = known?.id ?? (this.knows === 'key' ? key! : `${this.taken.length + 1}`)
    if (known === undefined) this.taken.push({ id, name: file.name, size: file.data.byteLength, content, at: this.world.now })
    return { filename: file.name, job_id: id, id, status: 'ready', ...(known === undefined ? {} : { is_duplicate: true }) }
  }
}

/** A process: its client, its clock, its journal. When it is dead nothing of it moves any more. */
class Process {
  dead = false
  appended = 0

  constructor(private readonly world: World, private readonly server: IdealServer, private readonly disk: { bytes: Buffer; synced: number }, private readonly dieAt: number, private readonly keep: number) {}

  readonly clock = {
    now: () => this.world.now,
    random: () => 0.5,
    sleep: (ms: number, signal?: AbortSignal) => new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const forget = this.world.at(ms, this, resolve)
      signal?.addEventListener('abort', () => {
        forget()
        reject(signal.reason)
      }, { once: true })
    }),
  }

  client(adapter: Adapter): BatchClient {
    const call = (operation: string, input: { params?: Record<string, unknown> } = {}, options: { idempotencyKey?: string } = {}): unknown => {
      if (operation === adapter.operation) {
        const files = [input.params!['files']].flat() as { name: string; data: Uint8Array }[]
        return new Promise((resolve, reject) => this.server.receive(files, options.idempotencyKey, ({ payload, error }) => {
          if (this.dead) return
          if (error) reject(error)
          else resolve(payload)
        }))
      }
      const { server } = this
      return (async function* () {
        yield* server.taken.map((each) => ({ id: each.id, name: each.name, fileSize: each.size, createdAt: new Date(each.at).toISOString() }))
      })()
    }
    return { profile: { system: 'model', name: 'Model', schemes: {}, security: [], rateLimits: { categories: {} } } as never, operations: {}, baseUrl: 'http://model.example', request: call as BatchClient['request'] }
  }

  readonly journal: Journal = {
    name: 'model.journal',
    open: async (header: Header, each) => {
      const { bytes } = this.disk
      const found = await replay({ read: async (into, offset, length, position) => ({ bytesRead: bytes.copy(into, offset, position, position + length) }) }, 'model.journal', each)
      this.disk.bytes = bytes.subarray(0, found.healthy)
      if (found.header !== undefined) return found.header
      this.write(header, true)
      return header
    },
    append: (record: JournalRecord, durable = false) => {
      if (this.dead) return new Promise<void>(() => {})
      if (this.appended++ === this.dieAt) {
        this.write(record, false)
        this.die()
        return new Promise<void>(() => {})
      }
      this.write(record, durable)
      return Promise.resolve()
    },
    close: async () => {},
  }

  private write(value: object, durable: boolean): void {
    this.disk.bytes = Buffer.concat([this.disk.bytes, Buffer.from(encodeLine(value))])
    if (durable) this.disk.synced = this.disk.bytes.length
  }

  /** With the power: what was not synced is there as far as the disk had come. */
  private die(): void {
    this.dead = true
    this.world.kill(this)
    const { bytes, synced } = this.disk
    this.disk.bytes = bytes.subarray(0, synced + Math.floor((bytes.length - synced) * this.keep))
  }
}

const base = adapterFor('flexorch')!
const kinds: Readonly<Record<string, Adapter>> = {
  content: { ...base, system: 'model', follow: undefined as never, meter: undefined as never, limits: undefined as never, file: { part: 'files', many: true } },
  key: { system: 'model', name: 'key', operation: 'upload', file: { part: 'files' }, again: 'key', read: readOne },
  listing: { system: 'model', name: 'listing', operation: 'upload', file: { part: 'files' }, again: 'listing', read: readOne, listing: adapterFor('orckai')!.listing! },
}

function readOne(answer: unknown) {
  const { id } = answer as { id?: string }
  return id === undefined ? { is: 'unclear' as const, message: 'nothing is named' } : { is: 'accepted' as const, document: id, done: true }
}

interface Case { readonly contents: readonly number[]; readonly script: readonly Fault[]; readonly deaths: readonly { readonly at: number; readonly keep: number }[]; readonly concurrency: number }

const cases: fc.Arbitrary<Case> = fc.record({
  /** Equal numbers are equal contents. */
  contents: fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 16 }),
  script: fc.array(fc.oneof({ weight: 2, arbitrary: fc.constant('ok' as const) }, { weight: 3, arbitrary: fc.constantFrom(...faults) }), { maxLength: 40 }),
  deaths: fc.array(fc.record({ at: fc.nat({ max: 60 }), keep: fc.double({ min: 0, max: 1, noNaN: true }) }), { maxLength: 6 }),
  concurrency: fc.integer({ min: 1, max: 6 }),
})

async function play(adapter: Adapter, { contents, script, deaths, concurrency }: Case) {
  const world = new World()
  const server = new IdealServer(world, adapter.again, adapter.again === 'content' ? script : script.map((fault) => (fault === 'bad' ? 'ok' : fault)))
  const disk = { bytes: Buffer.alloc(0), synced: 0 }
  const source = contents.map((content, index) => ({ name: `f${index}.txt`, data: Buffer.from(`content ${content}`) }))
  const results = new Map<string, number>()
  let last: Summary | undefined
  let items: readonly Readonly<Item>[] = []
  for (let run = 0; run < deaths.length + 30 && last?.complete !== true; run++) {
    const { at, keep } = deaths[run] ?? { at: Infinity, keep: 1 }
    const process = new Process(world, server, disk, at, keep)
    const batch = uploadBatch(process.client(adapter), source, {
      adapter, journal: process.journal, clock: process.clock, concurrency, settleMs: SETTLE, rate: 'off', maxAttempts: 60, retry: 'failed',
      onResult: (item) => void results.set(item.id!, (results.get(item.id!) ?? 0) + 1),
    })
    let over: { summary?: Summary; error?: unknown } | undefined
    batch.summary().then((summary) => (over = { summary }), (error: unknown) => (over = { error }))
    await world.run(() => over !== undefined || process.dead)
    if (over?.error !== undefined) throw over.error
    last = over?.summary
    items = batch.items()
  }
  // The last requests of dead processes are still at work.
  await world.run(() => true)
  return { server, last, items, results }
}

describe('each file is taken once, whatever dies and whatever is lost', () => {
  it.each(Object.keys(kinds))('where the server knows %s (P)', { timeout: 120_000 }, async (kind) => {
    const adapter = kinds[kind]!
    await fc.assert(fc.asyncProperty(cases, async (given) => {
      const { server, last, items, results } = await play(adapter, given)
      expect(last).toMatchObject({ complete: true })
      const distinct = new Set(given.contents)
      expect(server.taken.map((each) => each.content).toSorted()).toEqual([...distinct].map((content) => `content ${content}`).toSorted())
      expect(items).toHaveLength(given.contents.length)
      // What ends with its acceptance hands its result over, at least once.
      if (kind !== 'content') expect(results.size).toBe(distinct.size)
      expect(last!.states.failed + last!.states.rejected + last!.states.unknown).toBe(0)
    }), { numRuns: 60 })
  })
})
