import { listQueue } from '@orkit/sdk/batch/queue'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundle, compare, resultsOf, stage, WorkerProcess, type Programs, type ServerProcess } from './harness.js'
import type { WorkerConfig } from './clients.js'
import { durable, RedisServer, selfSigned, withoutTls, type Certificate } from './redis.js'

/** What a process trusts is settled when it starts: each is one of its own. */
describe.skipIf(withoutTls)('a queue over TLS (needs redis-server and openssl)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'orkit-queue-tls-'))
  const password = 'S3cr3tOfRedis'
  const files = 5
  let programs: Programs
  let certificate: Certificate
  let redis: RedisServer
  let server: ServerProcess
  let documents: string
  let common: WorkerConfig
  const started: WorkerProcess[] = []

  beforeAll(async () => {
    programs = await bundle(folder)
    certificate = selfSigned(join(folder, 'tls'))
    redis = await new RedisServer({ folder: join(folder, 'redis'), settings: [...durable, '--requirepass', password], tls: certificate }).start();
    ({ documents, server, config: common } = await stage(programs, { system: 'flexorch', adapter: 'documents', files, settleMs: 1_000, folder, workMs: 20, faults: 0, seed: 1 }))
  })
  afterAll(async () => {
    for (const each of started) each.kill()
    await server?.kill()
    await redis?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const address = ({ host = '127.0.0.1', secret = password, protocol = 'rediss' } = {}) => `${protocol}://:${secret}@${host}:${redis.port}`
  const start = (program: 'queueWorker' | 'queueSubmitter', queue: string, trusted: boolean) => {
    const child = new WorkerProcess(programs[program], { ...common, queue, rate: 'off', leaseMs: 2_000, concurrency: 4 }, { NODE_EXTRA_CA_CERTS: trusted ? certificate.cert : undefined })
    started.push(child)
    return child
  }
  /** Ends well within the ten seconds for which a server that is away is tried again. */
  const refused = async (program: 'queueWorker' | 'queueSubmitter', queue: string, trusted: boolean) => {
    const began = performance.now()
    const { code, err } = await start(program, queue, trusted).ended
    return { code, err, soon: performance.now() - began < 8_000 }
  }

  it('works as any other when the authority is named in NODE_EXTRA_CA_CERTS, by name and by number', { timeout: 40_000 }, async () => {
    const worker = start('queueWorker', address({ protocol: 'REDISS' }), true)
    const { code, out, err } = await start('queueSubmitter', address({ host: 'localhost' }), true).ended
    expect([code, err]).toEqual([0, ''])
    expect(JSON.parse(out)).toMatchObject({ complete: true, total: files, states: { done: files } })
    expect(worker.alive).toBe(true)
    expect({ ...compare(await server.ledger(), 'flexorch', files), ...resultsOf(common.results, documents, 'flexorch', files) }).toEqual({ accepted: files, doubled: [], missing: [], results: files, doubledResults: [], missingResults: [] })
  })

  it.each(['queueWorker', 'queueSubmitter'] as const)('a certificate that is not trusted ends the %s soon, and says what to do', async (program) => {
    common = { ...common, journal: join(folder, `${program}.journal`) }
    const { code, err, soon } = await refused(program, address(), false)
    expect(code).not.toBe(0)
    expect(err).toMatch(/QueueError: cannot reach Redis at rediss:\/\/\*\*\*@127\.0\.0\.1:\d+: self-signed certificate/)
    expect(err).toMatch(/hint: 'This machine does not trust the certificate of Redis: name the file \(PEM\) of the authority that signed it in NODE_EXTRA_CA_CERTS/)
    expect(err).not.toContain(password)
    expect(soon).toBe(true)
  })

  it('a password that is refused is not shown', async () => {
    const { code, err, soon } = await refused('queueWorker', address({ secret: 'Wr0ngS3cr3t' }), true)
    expect(code).not.toBe(0)
    expect(err).toMatch(/refuses: WRONGPASS/)
    expect(err).not.toContain('Wr0ngS3cr3t')
    expect(soon).toBe(true)
  })

  it.each([['localhost', 'localhost'], ['127.0.0.1', undefined]])('a server at %s that has several certificates is told which one is meant', async (host, named) => {
    const asked: string[] = []
    const several = createServer({ cert: readFileSync(certificate.cert), key: readFileSync(certificate.key), SNICallback: (name, done) => {
      asked.push(name)
      done(null)
    } })
    several.on('tlsClientError', () => {})
    await new Promise<void>((resolve) => several.listen(0, host, resolve))
    const url = `rediss://${host}:${(several.address() as AddressInfo).port}`
    await expect(listQueue(url)).rejects.toMatchObject({ reason: 'unreachable', message: expect.stringContaining('self-signed certificate') as string })
    expect(asked[0]).toBe(named)
    several.close()
  })
})
