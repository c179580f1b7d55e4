import type { Redis } from 'ioredis'
import type { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import type { RateWindow, Sighting } from '../../rate-limit/meter.js'
import type { RateLimitStore } from '../../rate-limit/store.js'
import { load } from './connect.js'

/**
 * Counts the requests of a window that slides, where the package's own script counts in windows that begin with their first request: at the seam of two
 * of those twice the limit may pass, and a server that counts otherwise answers 429. The windows are the end of the key; they are kept one
 * percent longer, 250 ms at least, as requests take different times on their way. A request is taken from all of them or from none.
 */
const sliding = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local wait = math.max(0, redis.call('PTTL', KEYS[1] .. '!'))
local most, longest = 1, 1000
for requests, seconds in string.gmatch(string.match(KEYS[1], '#(.*)$') or '', '(%d+)/(%d+)') do
  requests = tonumber(requests)
  local length = seconds * 1000 + math.max(250, seconds * 10)
  most, longest = math.max(most, requests), math.max(longest, length)
  local first = redis.call('ZRANGE', KEYS[1], -requests, -requests, 'WITHSCORES')
  if first[2] then wait = math.max(wait, first[2] + length - now) end
end
if wait > 0 then return { tonumber(ARGV[3]) + 1, wait } end
redis.call('ZADD', KEYS[1], now, now .. ':' .. redis.call('ZCOUNT', KEYS[1], now, now))
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -most - 1)
redis.call('PEXPIRE', KEYS[1], longest)
return { 1, longest }
`

/** Keeps the counts of requests in Redis, so that all who share it keep to one limit together. Times are those of Redis. */
export async function redisRateLimitStore(redis: Redis): Promise<RateLimitStore> {
  const { RateLimiterRedis } = await load('rate-limiter-flexible', () => import('rate-limiter-flexible'), 'RateLimiterRedis')
  const limiter: RateLimiterRedis = new RateLimiterRedis({ storeClient: redis, keyPrefix: '', points: 1_000_000_000, duration: 86_400, customIncrTtlLuaScript: sliding })
  return {
    async take(key, windows) {
      if (windows.length === 0) return Math.max(0, await redis.pttl(`${nameOf(key, windows)}!`))
      try {
        await limiter.consume(nameOf(key, windows))
        return 0
      } catch (refusal) {
        if (refusal instanceof Error) throw refusal
        return Math.max(1, (refusal as RateLimiterRes).msBeforeNext)
      }
    },
    async learn(key, windows, { remaining, resetAt, notBefore }: Sighting, now) {
      const until = Math.max(notBefore ?? 0, remaining === 0 ? (resetAt ?? 0) : 0)
      const ms = Math.ceil(until - now)
      if (ms > 0) await redis.set(`${nameOf(key, windows)}!`, '1', 'PX', Math.min(ms, 86_400_000))
    },
  }
}

const nameOf = (key: string, windows: readonly RateWindow[]) => `orkit:{limit ${key}}#${windows.map(({ requests, seconds }) => `${requests}/${seconds}`).join(';')}`
