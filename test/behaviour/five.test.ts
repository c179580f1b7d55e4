import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { OrkitError } from '@orkit/sdk'
import { json, rejection } from '../../packages/sdk/test/fixture/server.js'
import { ours } from './ours.js'
import { script, type Handler, type Script } from './script-server.js'
import { SECRET, type Client, type ClientSettings } from './subject.js'

/** Lines of the correctness checklist that hold for each of the five clients, beside the rows of the matrix: what a system's profile, envelope or sign-in could spoil. */

const good: Handler = (_, response) => json(response, 200, { data: { id: 'a' } })
const refusal = (status: number, headers: Record<string, string> = {}): Handler => (_, response) => json(response, status, { error: { code: 'E', message: `you sent ${SECRET}` } }, headers)

describe.each(ours.map((subject) => [subject.name, subject] as const))('%s', (name, subject) => {
  const against = async (handler: Handler, run: (client: Client, server: Script) => Promise<void>, settings: Partial<ClientSettings> = {}) => {
    const server = await script(handler)
    try {
      await run(subject.open({ url: server.url, ...settings }), server)
    } finally {
      await server.close()
    }
  }

  it('maxRetries 0 is one attempt, whatever fails', async () => {
    for (const handler of [refusal(500), refusal(429), (_: unknown, response: { socket: { destroy(): void } | null }) => void response.socket!.destroy()] as Handler[]) {
      await against(handler, async (client, server) => {
        await rejection(client.get())
        expect(server.asked()).toHaveLength(1)
      }, { options: { maxRetries: 0 } })
    }
  })

  it.each([400, 404, 409, 422, 501, 505])('%i is not repeated', async (status) => {
    await against(refusal(status), async (client, server) => {
      expect(await rejection(client.get())).toMatchObject({ status, attempts: 1 })
      expect(server.asked()).toHaveLength(1)
    }, { instant: true })
  })

  it.each([408, 425, 429, 500, 502, 503, 504])('%i is repeated, and counted', async (status) => {
    await against(refusal(status), async (client, server) => {
      expect(await rejection(client.get())).toMatchObject({ status, attempts: 3 })
      expect(server.asked()).toHaveLength(3)
    }, { instant: true })
  })

  it('a wait beyond the deadline fails at once, with the hint', async () => {
    await against(refusal(503, { 'retry-after': '30' }), async (client, server) => {
      expect(await rejection(client.get())).toMatchObject({ status: 503, retryAfterMs: 30_000 })
      expect(server.asked()).toHaveLength(1)
    }, { options: { deadline: 5_000 } })
  })

  it('an aborted signal sends nothing and leaves no listener', async () => {
    await against(good, async (client, server) => {
      const controller = new AbortController()
      controller.abort(new Error('no longer wanted'))
      expect(await rejection(client.get({ signal: controller.signal }))).toMatchObject({ kind: 'AbortedError', reason: { message: 'no longer wanted' } })
      expect(server.asked()).toHaveLength(0)
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0)
    })
  })

  it('time-outs that a timer cannot do are refused', async () => {
    await against(good, async (client, server) => {
      for (const timeout of [0, -1, 2 ** 31, Number.NaN]) expect(await rejection(client.get({ timeout }))).toMatchObject({ kind: 'InvalidArgumentError' })
      expect(server.asked()).toHaveLength(0)
    })
  })

  it('every refusal rejects, whatever its body', async () => {
    for (const body of ['', '<html>Bad gateway</html>', '{"message":"no"}', '[]', 'null', '{"data":{"id":"a"}}']) {
      await against((_, response) => void response.writeHead(400, { 'content-type': 'application/json' }).end(body), async (client) => {
        expect(await rejection(client.get())).toMatchObject({ kind: 'BadRequestError', status: 400 })
      })
    }
  })

  it('an error has the headers as they came, is one of ours, and shows no secret', async () => {
    await against(refusal(429, { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0', 'x-request-id': 'req_1', 'retry-after': '3600' }), async (client) => {
      const error = await rejection(client.get())
      expect(error).toBeInstanceOf(OrkitError)
      expect(error).toMatchObject({ kind: 'RateLimitError', requestId: 'req_1', headers: { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0' } })
      expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain(SECRET)
    })
  })

  it('members that are not in the document, also __proto__, pass and do nothing', async () => {
    await against((_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{"id":"a","status":"brand_new","extra":{"__proto__":{"polluted":true}}},"id":"a","status":"brand_new"}'), async (client) => {
      expect(await client.get()).toMatchObject({ id: 'a', status: 'brand_new' })
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined()
    })
  })

  it('a base URL keeps its path and query', async () => {
    await against(good, async (_, server) => {
      await subject.open({ url: `${server.url}/through/a/gateway`, query: '?tenant=7' }).get()
      expect(server.asked()[0]!.url).toMatch(/^\/through\/a\/gateway\/.*\?tenant=7/)
    })
  })

  it('retry state is of the call', async () => {
    const seen = new Map<number, number>()
    await against((_, response, n) => {
      seen.set(n, 1)
      return n % 2 === 0 ? refusal(503)(_, response, n) : good(_, response, n)
    }, async (client, server) => {
      await Promise.all(Array.from({ length: 10 }, () => client.get()))
      expect(server.asked().length).toBeLessThanOrEqual(30)
    }, { instant: true, options: { retryBudget: false, maxRetries: 12 } })
  })

  it(`a credential of ${name} never goes over plain http to another machine`, async () => {
    const fetched: string[] = []
    const client = subject.open({ url: 'http://api.example.com', fetch: (async (url: string) => { fetched.push(url); return Response.json({}) }) as unknown as typeof fetch })
    expect(await rejection(client.get())).toMatchObject({ kind: 'InvalidArgumentError', message: expect.stringContaining('allowInsecureHttp') })
    expect(fetched).toEqual([])
  })
})
