import type { Redis } from 'ioredis'
import { QueueError } from './errors.js'
import { connectionHint, isTlsRefusal, tlsOf } from './tls.js'
import { checkQueueUrl, redactQueueUrl } from './url.js'

export interface Connection {
  readonly redis: Redis
  /** The address without secrets. */
  readonly shown: string
  /** Every answered write survives a crash of the server: its log is synced before it answers. */
  readonly durable: boolean
  /** What a restart or a full memory could cost, for people. */
  readonly warnings: readonly string[]
  close(): Promise<void>
}

export interface ConnectOptions {
  /** Called when Redis goes away, and when it is back. */
  readonly onState?: (state: 'lost' | 'back', error?: Error) => void
  /** Milliseconds that the first connection may take. Default 10 000. */
  readonly connectMs?: number
}

/** Packages that only a queue needs; they are looked for when one is used. Bundlers give CommonJS packages as a default export only. */
export async function load<T extends object, K extends keyof T>(name: string, importing: () => Promise<T>, ...members: readonly K[]): Promise<Pick<T, K>> {
  try {
    const module = (await importing()) as T & { readonly default?: Partial<T> }
    return Object.fromEntries(members.map((member) => [member, module[member] ?? module.default?.[member]])) as Pick<T, K>
  } catch (error) {
    if (!/^(ERR_MODULE_NOT_FOUND|MODULE_NOT_FOUND)$/.test(String((error as NodeJS.ErrnoException).code))) throw error
    throw new QueueError(`a queue needs the package ${name}, which is not installed`, 'missing', 'npm install bullmq ioredis rate-limiter-flexible', { cause: error })
  }
}

/**
 * Connects, and looks at how Redis keeps what it is given. Later on a lost connection is made again for as long as it takes, and commands wait
 * for it. Throws `QueueError` when Redis is not reachable, refuses the credential, or would evict records.
 */
export async function connectQueue(url: string, { onState, connectMs = 10_000 }: ConnectOptions = {}): Promise<Connection> {
  checkQueueUrl(url)
  const shown = redactQueueUrl(url)
  const { Redis } = await load('ioredis', () => import('ioredis'), 'Redis')
  let [ready, closing, last] = [false, false, undefined as Error | undefined]
  const until = Date.now() + connectMs
  const redis = new Redis(url, {
    ...tlsOf(url), lazyConnect: true, maxRetriesPerRequest: null, connectTimeout: 5_000,
    retryStrategy: (times) => (ready ? Math.min(2_000, 100 * times) : Date.now() < until ? Math.min(1_000, 200 * times) : null),
    // After a failover the old master answers so; the address leads to the new one.
    reconnectOnError: (error) => (ready && error.message.startsWith('READONLY') ? 2 : false),
  })
  redis.on('error', (error: Error) => {
    if (!ready && (refused(error) !== undefined || isTlsRefusal(error))) redis.disconnect()
    last = error
  })
  redis.on('close', () => {
    if (ready && !closing) onState?.('lost', last)
  })
  redis.on('ready', () => {
    if (ready) onState?.('back')
  })
  try {
    await connected(redis, connectMs)
    const facts = await look(redis)
    ready = true
    return { redis, shown, ...facts, close: () => {
      closing = true
      return end(redis)
    } }
  } catch (error) {
    redis.disconnect()
    throw explain(error, last, shown)
  }
}

/** `connect` itself gives up with the first refusal; the tries after it count too. */
async function connected(redis: Redis, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const outcome = new Promise<void>((resolve, reject) => {
    redis.once('ready', resolve)
    redis.once('end', () => reject(new Error('no connection')))
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms)
  })
  redis.connect().catch(() => {})
  await outcome.finally(() => clearTimeout(timer))
}

async function end(redis: Redis): Promise<void> {
  if (redis.status === 'ready') await redis.quit().catch(() => {})
  redis.disconnect()
}

async function look(redis: Redis): Promise<Pick<Connection, 'durable' | 'warnings'>> {
  // What is not allowed is to show before anything is queued.
  await redis.srem('orkit:batches', '')
  await redis.eval('return 1', 0)
  const warnings: string[] = []
  const info = await redis.info().catch((error: unknown) => {
    if (!isNoPermission(error)) throw error
    return undefined
  })
  if (info === undefined) {
    warnings.push('this user of Redis may not ask for INFO: a restart that loses records cannot be noticed. Allow it with +info.')
    return { durable: false, warnings }
  }
  const fact = (name: string) => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1]
  const policy = fact('maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction') {
    if (fact('maxmemory') !== '0') throw new QueueError(`Redis may throw records away when its memory is full (maxmemory-policy ${policy})`, 'config', 'redis-cli CONFIG SET maxmemory-policy noeviction')
    warnings.push(`maxmemory-policy is ${policy}; set it to noeviction before a maxmemory is set`)
  }
  const aof = fact('aof_enabled') === '1'
  const fsync = aof ? await settingOf(redis, 'appendfsync') : undefined
  if (!aof) warnings.push('Redis keeps no log (appendonly no): after a restart of it items are looked up with the server before they are sent, which takes time. Use appendonly yes with appendfsync everysec or always.')
  else if (fsync === 'no') warnings.push('appendfsync is no: a crash of the machine of Redis may lose minutes; use everysec or always')
  return { durable: aof && fsync === 'always', warnings }
}

/** Undefined where the setting may not be read, as with most hosted servers. */
async function settingOf(redis: Redis, name: string): Promise<string | undefined> {
  const answer = await redis.config('GET', name).catch(() => undefined)
  return Array.isArray(answer) ? String(answer[1]) : undefined
}

const isNoPermission = (error: unknown) => /^NOPERM|unknown command/i.test((error as Error).message)

function refused(error: Error | undefined): string | undefined {
  return /^(WRONGPASS|NOAUTH|NOPERM|ERR AUTH|ERR invalid password|ERR invalid DB index|ERR DB index)/.exec(error?.message ?? '') === null ? undefined : error!.message
}

/** An answer of Redis that says no, in words; any other error as it is. */
export function asQueueError(error: unknown, shown: string): unknown {
  if ((error as Error | undefined)?.name !== 'ReplyError') return error
  const { message } = error as Error
  withoutCommand(error)
  if (refused(error as Error) !== undefined) return explain(error, undefined, shown)
  const full = message.startsWith('OOM')
  return new QueueError(`Redis at ${shown} refuses: ${message}`, 'config', full ? 'Give it more memory (maxmemory), or collect results more often: what is queued stays.' : undefined, { cause: error })
}

/** The driver puts the refused command into its error: the password of an AUTH, or the records of a script. */
function withoutCommand(error: unknown): void {
  delete (error as { command?: unknown } | undefined)?.command
}

function explain(error: unknown, last: Error | undefined, shown: string): Error {
  if (error instanceof QueueError) return error
  for (const each of [error, last]) withoutCommand(each)
  if ((error as Error).message.startsWith('READONLY')) return new QueueError(`Redis at ${shown} is a read-only replica`, 'config', 'Give the address of its master.', { cause: error })
  const cause = refused(error as Error) !== undefined ? (error as Error) : (last ?? (error as Error))
  const why = refused(cause)
  if (why !== undefined) {
    const hint = why.startsWith('NOPERM') ? "The user needs the keys orkit:* and the commands of BullMQ: ACL SETUSER name on >password '~orkit:*' '&*' +@all -@dangerous +info +config|get" : 'Check user and password in the address of the queue.'
    return new QueueError(`Redis at ${shown} refuses: ${why}`, 'refused', hint, { cause })
  }
  const code = (cause as NodeJS.ErrnoException).code
  const words = cause.message !== '' ? cause.message : (code ?? 'no connection')
  return new QueueError(`cannot reach Redis at ${shown}: ${words}`, 'unreachable', connectionHint(code, shown), { cause })
}
