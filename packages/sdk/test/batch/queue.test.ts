import { createMock } from '@orkit/mock'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { FlexOrch } from '@orkit/sdk/flexorch'
import { fromPaths, type BatchClient, type BatchEvent } from '@orkit/sdk/batch'
import { queueBatch, workQueue } from '@orkit/sdk/batch/queue'
import { RedisServer, withoutRedis } from '../../../../test/batch/redis.js'

describe.skipIf(withoutRedis)('over a queue (needs redis-server)', () => {
  let folder: string
  let redis: RedisServer
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'orkit-queue-'))
    redis = await new RedisServer({ folder: join(folder, 'redis'), settings: ['--appendonly', 'yes'] }).start()
  })
  afterAll(async () => {
    await redis.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  it('sends', async () => {
    for (let i = 0; i < 20; i++) writeFileSync(join(folder, `f${i}.txt`), `Document ${i}`)
    const mock = createMock({ systems: ['flexorch'], rateLimits: 'off', jobDuration: 200 })
    const client = new FlexOrch({ ...(await mock.credentials('flexorch')), baseUrl: mock.baseUrl('flexorch'), fetch: mock.fetch } as never) as unknown as BatchClient
    const events: BatchEvent[] = []
    const worker = workQueue({ queue: redis.url, client: () => client, drain: false, signal: AbortSignal.timeout(8_000), onEvent: (e) => { if (e.type !== 'event') console.log(JSON.stringify(e)); else if (e.event.type==='pause') console.log(JSON.stringify(e)) } })
    const batch = queueBatch(client, fromPaths([join(folder)]), { queue: redis.url, journal: join(folder, '.j.journal'), wait: true, root: folder, rate: 'off', pollIntervalMs: 200 })
    for await (const event of batch) { events.push(event); if (event.type !== 'item' && event.type !== 'result') console.log(JSON.stringify(event)) }
    const summary = await batch.summary()
    console.log(JSON.stringify(summary), events.filter((e) => e.type === 'result').length)
    await worker
  })
})
