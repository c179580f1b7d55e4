import { getEventListeners } from 'node:events'
import type { ServerResponse } from 'node:http'
import { fail, json, script, until, type Handler, type Script } from './script-server.js'
import { SECRET, type Client, type Subject } from './subject.js'

/** The probes of the behaviour matrix: what a client does, in a few words, and whether that is right. */

export interface Cell { readonly says: string; readonly good: boolean }

export interface Probe {
  readonly name: string
  /** Undefined where the client cannot be asked. */
  run(subject: Subject): Promise<Cell | undefined>
}

const PENDING = Symbol('pending')
const cell = (says: string, good: boolean): Cell => ({ says, good })
const wait = (ms: number) => new Promise<typeof PENDING>((resolve) => { setTimeout(() => resolve(PENDING), ms).unref() })

/** How a call ended: what it threw, what it gave, or that it is still going on. */
async function outcome(call: Promise<unknown>, within: number): Promise<{ readonly error?: Error; readonly value?: unknown; readonly pending: boolean; readonly ms: number }> {
  const start = performance.now()
  const settled = call.then((value) => ({ value, pending: false }), (error: Error) => ({ error, pending: false }))
  const ended = await Promise.race([settled, wait(within)])
  return ended === PENDING ? { pending: true, ms: within } : { ...ended, ms: performance.now() - start }
}

async function against(subject: Subject, handler: Handler, run: (client: Client, server: Script) => Promise<Cell>, instant = false): Promise<Cell> {
  const server = await script(handler)
  try {
    return await run(subject.open({ url: server.url, instant }), server)
  } finally {
    await server.close()
  }
}

const failing = (status: number, headers?: Record<string, string>): Handler => (_, response) => fail(response, status, 'E', headers)
const stalled: Handler = (_, response) => { response.writeHead(200, { 'content-type': 'application/json' }).write('{"data":') }
const seconds = (ms: number) => (ms / 1000).toFixed(ms < 1000 ? 2 : 1)
const keyOf = (request: { headers: Record<string, unknown>; body: Buffer }) => (request.headers['idempotency-key'] as string | undefined) ?? /"(?:idempotency_key|acknowledgement_id)":"([^"]+)"/.exec(request.body.toString())?.[1]

const calls: Probe[] = [
  {
    name: 'GET always 500: attempts',
    run: (subject) => against(subject, failing(500), async (client, server) => {
      await outcome(client.get(), 20_000)
      return cell(String(server.asked().length), server.asked().length > 1)
    }, true),
  },
  {
    name: 'POST always 500: attempts, key',
    run: (subject) => against(subject, failing(500), async (client, server) => {
      await outcome(client.post(), 20_000)
      const keys = server.asked().map(keyOf)
      const same = keys[0] !== undefined && new Set(keys).size === 1
      return cell(`${keys.length}${keys.length === 1 ? '' : same ? ', same key' : ', no key'}`, keys.length === 1 || same)
    }, true),
  },
  {
    name: '501 retried',
    run: (subject) => against(subject, failing(501), async (client, server) => {
      await outcome(client.get(), 20_000)
      return cell(server.asked().length > 1 ? 'yes' : 'no', server.asked().length === 1)
    }, true),
  },
  {
    name: 'Retry-After: 1 honoured',
    run: (subject) => against(subject, (_, response, n) => (n === 0 ? fail(response, 503, 'E', { 'retry-after': '1' }) : json(response, 200, { data: { id: 'a' } })), async (client, { at }) => {
      await outcome(client.get(), 5000)
      if (at.length < 2) return cell('-', false)
      const gap = at[1]! - at[0]!
      return cell(gap >= 980 ? 'yes' : `no, ${seconds(gap)} s`, gap >= 980)
    }),
  },
  {
    name: 'Retry-After date in the past',
    run: (subject) => against(subject, (_, response, n) => (n === 0 ? fail(response, 503, 'E', { 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' }) : json(response, 200, { data: { id: 'a' } })), async (client, { at }) => {
      await outcome(client.get(), 5000)
      return at.length < 2 ? cell('-', false) : cell(`${seconds(at[1]! - at[0]!)} s`, at[1]! - at[0]! < 1500)
    }),
  },
  {
    name: 'Retry-After: 3600',
    run: (subject) => against(subject, failing(429, { 'retry-after': '3600' }), async (client, server) => {
      const { pending, error } = await outcome(client.get(), 3500)
      const attempts = server.asked().length
      return cell(pending ? 'sleeps' : attempts > 1 ? 'own backoff' : 'fails at once', !pending && attempts === 1 && error !== undefined)
    }),
  },
  {
    name: 'abort in the backoff rejects after',
    run: (subject) => against(subject, failing(503, { 'retry-after': '3' }), async (client, server) => {
      const controller = new AbortController()
      const ended = outcome(client.get({ signal: controller.signal }), 8000)
      await until(() => server.asked().length > 0)
      await wait(200)
      const start = performance.now()
      controller.abort()
      await ended
      const ms = performance.now() - start
      return server.asked().length === 1 && ms < 3 && (await ended).ms < 190 ? cell('-', false) : cell(`${ms < 1000 ? `${Math.round(ms)} ms` : `${seconds(ms)} s`}`, ms < 100)
    }),
  },
  {
    name: 'headers stall, timeout 0.3 s',
    run: (subject) => against(subject, () => undefined, async (client, server) => {
      const { pending, ms } = await outcome(client.get({ timeout: 300 }), 5000)
      return cell(pending ? 'no timeout' : `${server.asked().length} att, ${seconds(ms)} s`, !pending)
    }, true),
  },
  {
    name: 'body stalls after headers, timeout 0.3 s',
    run: (subject) => against(subject, stalled, async (client, server) => {
      const { pending, ms } = await outcome(client.get({ timeout: 300 }), 5000)
      return cell(pending ? 'hangs' : `${server.asked().length} att, ${seconds(ms)} s`, !pending)
    }, true),
  },
  {
    name: 'abort listeners left after 60 calls',
    run: (subject) => against(subject, (_, response, n) => (n % 3 === 0 ? fail(response, 404) : json(response, 200, { data: { id: 'a' } })), async (client) => {
      const { signal } = new AbortController()
      for (let i = 0; i < 60; i++) await outcome(client.get({ signal }), 5000)
      await wait(10)
      ;(globalThis as { gc?: () => void }).gc?.()
      await wait(10)
      const left = getEventListeners(signal, 'abort').length
      return cell(String(left), left === 0)
    }),
  },
  {
    name: 'credentials after a cross-origin redirect',
    async run(subject) {
      const other = await script((_, response) => json(response, 200, { data: { id: 'a' } }))
      try {
        return await against(subject, (_, response) => void response.writeHead(302, { location: `${other.url}/taken` }).end(), async (client) => {
          await outcome(client.get(), 5000)
          const [taken] = other.asked()
          if (taken === undefined) return cell('not followed', true)
          const leaked = Object.entries(taken.headers).filter(([, value]) => String(value).includes(SECRET)).map(([name]) => name)
          return cell(leaked.length === 0 ? 'dropped' : `leaks ${leaked.join(', ')}`, leaked.length === 0)
        }, true)
      } finally {
        await other.close()
      }
    },
  },
  {
    name: 'reset socket: GET/POST attempts',
    run: (subject) => against(subject, (_, response) => void response.socket!.destroy(), async (client, server) => {
      await outcome(client.get(), 20_000)
      const gets = server.asked().length
      await outcome(client.post(), 20_000)
      const posts = server.asked().slice(gets)
      const keyed = posts.every((each) => keyOf(each) !== undefined && keyOf(each) === keyOf(posts[0]!))
      return cell(`${gets}/${posts.length}`, gets > 1 && (posts.length === 1 || keyed))
    }, true),
  },
  {
    name: 'connections after 15 retried calls, 64 KB errors',
    run: (subject) => against(subject, (_, response, n) => (n % 2 === 0 ? json(response, 500, { padding: 'x'.repeat(65_536) }) : json(response, 200, { data: { id: 'a' } })), async (client, server) => {
      for (let i = 0; i < 15; i++) await outcome(client.get(), 10_000)
      return cell(String(server.raw.opened()), server.raw.opened() <= 3)
    }, true),
  },
  {
    name: '200 with broken JSON',
    run: (subject) => against(subject, (_, response) => void response.writeHead(200, { 'content-type': 'application/json' }).end('{"data": {"id": "a"'), async (client) => {
      const { error, value } = await outcome(client.get(), 5000)
      return error === undefined ? cell(typeof value === 'string' ? 'returns text' : 'resolves', false) : cell(error.name, true)
    }),
  },
  {
    name: '400 without the error envelope',
    run: (subject) => against(subject, (_, response) => json(response, 400, { message: 'nope' }), async (client) => {
      const { error } = await outcome(client.get(), 5000)
      return cell(error === undefined ? 'resolves' : 'error', error !== undefined)
    }),
  },
  ...(['..', '%2e%2e', ''] as const).map((id): Probe => ({
    name: `DELETE with path parameter ${id === '' ? '(empty)' : id}`,
    run: async (subject) => {
      if (subject.open({ url: 'http://127.0.0.1:1' }).remove === undefined) return undefined
      return against(subject, (_, response) => json(response, 200, { data: {} }), async (client, server) => {
        const { error } = await outcome(client.remove!(id), 5000)
        const [sent] = server.asked()
        if (sent === undefined) return cell(error === undefined ? '?' : 'refused', error !== undefined)
        // Encoded, `%2e%2e` is a harmless name.
        return cell(`DELETE ${sent.url}`, id === '%2e%2e' && sent.url.includes('%252e'))
      })
    },
  })),
]

const events = (response: ServerResponse, ...blocks: string[]) => {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const each of blocks) response.write(each)
}
const block = (subject: Subject, text: string) => {
  const { event, data } = subject.sse!.event(text)
  return `${event === undefined ? '' : `event: ${event}\n`}data: ${data}\n\n`
}

const streaming = (name: string, run: (subject: Subject) => Promise<Cell>): Probe => ({ name: `stream: ${name}`, run: async (subject) => (subject.sse === undefined ? undefined : run(subject)) })

const streams: Probe[] = [
  streaming('break closes the connection', (subject) => against(subject, (_, response) => events(response, block(subject, 'a')), async (client, server) => {
    for await (const _ of client.stream!()) break
    const left = await until(() => server.asked()[0]!.left(), 1500).then(() => true, () => false)
    return cell(left ? 'yes' : 'no', left)
  })),
  streaming('abort closes it and says so', (subject) => against(subject, (_, response) => events(response, block(subject, 'a')), async (client, server) => {
    const controller = new AbortController()
    const { error } = await outcome((async () => { for await (const _ of client.stream!({ signal: controller.signal })) controller.abort() })(), 3000)
    const left = await until(() => server.asked()[0]!.left(), 1500).then(() => true, () => false)
    return cell(left ? (error === undefined ? 'ends silently' : 'error') : 'stays open', left && error !== undefined)
  })),
  streaming('silence after the first event', (subject) => against(subject, (_, response) => events(response, block(subject, 'a')), async (client) => {
    const { pending, error } = await outcome((async () => { for await (const _ of client.stream!({ timeout: 300, idleTimeout: 300 })); })(), 2500)
    return cell(pending ? 'hangs' : error === undefined ? 'ends silently' : error.name, error !== undefined)
  })),
  streaming('closed before its end marker', (subject) => against(subject, (_, response) => { events(response, block(subject, 'a')); response.end() }, async (client) => {
    const { error } = await outcome((async () => { for await (const _ of client.stream!()); })(), 3000)
    return cell(error === undefined ? 'ends silently' : error.name, error !== undefined && subject.ownError(error))
  })),
  streaming('socket destroyed in the middle', (subject) => against(subject, (_, response) => { events(response, block(subject, 'a')); setTimeout(() => response.socket!.destroy(), 30) }, async (client) => {
    const { error } = await outcome((async () => { for await (const _ of client.stream!()); })(), 3000)
    return cell(error === undefined ? 'ends silently' : `${error.name}${subject.ownError(error) ? '' : ' (raw)'}`, error !== undefined && subject.ownError(error))
  })),
]

export const probes: readonly Probe[] = [...calls, ...streams]
