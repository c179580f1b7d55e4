import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { signFlexOrchPayload, signPayload } from '@orkit/sdk/webhooks'
import { WebSocketServer } from 'ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { orkit, server, start } from './support/cli.js'

const folder = mkdtempSync(join(tmpdir(), 'orkit-streams-'))
const workflow = 'd0000000-0000-4000-8000-000000000001'
let served: Awaited<ReturnType<typeof server>>
beforeAll(async () => void (served = await server({ jobDuration: 2_500 })), 60_000)
afterAll(() => served?.mock.close())

const lines = (text: string) => text.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)

describe('watch', () => {
  const started = async () => (JSON.parse((await orkit(['orbiter', 'workflows', 'run', workflow], { env: served.env })).out) as { run_id: string }).run_id

  it('gives each event of the socket to its end, and a line for each change on stderr', async () => {
    const { code, out, err } = await orkit(['orbiter', 'watch', workflow, await started(), '-o', 'jsonl'], { env: served.env })
    expect(code, err).toBe(0)
    expect(lines(out).at(-1)).toMatchObject({ type: 'execution_completed', status: 'completed' })
    // Only who is there from the start is told the variables: the socket was opened once the run was under way, since on a pending one it would start it again.
    expect(lines(out).filter((line) => 'variables' in line)).toEqual([])
    expect(err).toMatch(/workflow run .*: completed\n$/)
  })

  it('goes on where it is given again, also when all is over', async () => {
    const id = await started()
    const watching = start(['orbiter', 'watch', workflow, id, '-o', 'jsonl'], { env: served.env })
    await watching.shows('node_started')
    watching.child.kill('SIGINT')
    expect((await watching.ended).code).toBe(130)
    await served.mock.advance(5_000)
    for (let time = 0; time < 2; time++) {
      const { code, out } = await orkit(['orbiter', 'watch', workflow, id, '-o', 'jsonl'], { env: served.env })
      expect([code, lines(out).at(-1)!['type']]).toEqual([0, 'execution_completed'])
    }
  })

  it('ends when all is told, also where the server never closes the socket', { timeout: 28_000 }, async () => {
    const state = { job_id: 'j1', status: 'completed', progress: 100 }
    const http = createServer((_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(state)))
    const sockets = new WebSocketServer({ server: http })
    sockets.on('connection', (socket) => {
      socket.send(JSON.stringify({ type: 'progress', ...state }))
      // Reads nothing any more: no close is answered.
      socket.pause()
    })
    await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
    try {
      const { code, out, err } = await orkit(['orca', 'watch', 'j1', '-o', 'jsonl'], { env: { ORCA_TOKEN: 'e30.e30.x', ORCA_BASE_URL: `http://127.0.0.1:${(http.address() as AddressInfo).port}/api/v1` } })
      expect(code, err).toBe(0)
      expect(lines(out).at(-1)).toMatchObject({ status: 'completed' })
    } finally {
      for (const client of sockets.clients) client.terminate()
      http.closeAllConnections()
      http.close()
    }
  })

  it('ends with 8 when the job failed, and says so in a workflow', async () => {
    const summary = join(folder, 'summary.md')
    writeFileSync(summary, '')
    const id = 'e0000000-0000-4000-8000-000000000009'
    const state = { id, status: 'failed', error: 'a | b\nc: 5%' }
    const failing = createServer((_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(state)))
    await new Promise<void>((done) => failing.listen(0, '127.0.0.1', done))
    try {
      const { code, err } = await orkit(['orckai', 'watch', id, '-o', 'jsonl'], {
        env: { ORCKAI_API_KEY: 'oak_test_full_access_0000000000000000', ORCKAI_BASE_URL: `http://127.0.0.1:${(failing.address() as AddressInfo).port}`, GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary },
      })
      expect(code).toBe(8)
      expect(err).toContain(`::error title=workflow execution ${id}::failed: a | b%0Ac: 5%25`)
      expect(readFileSync(summary, 'utf8')).toContain(String.raw`| failed | 0 | a \| b c: 5% |`)
    } finally {
      failing.close()
    }
  })

  it('of a case gives its events, each once, and a bad moment of the network ends nothing', async () => {
    const events = [1, 2, 3].map((cursor) => ({ cursor, event_type: `e${cursor}`, event_id: `evt_${cursor}` }))
    const asked: Record<string, number> = {}
    // Each read fails once at first and once in the middle; the feed goes on for a page after the case has ended.
    const cases = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url!, 'http://x')
      const feed = pathname.endsWith('/events')
      const nth = (asked[pathname] = (asked[pathname] ?? 0) + 1)
      const after = Number(searchParams.get('after_cursor') ?? 0)
      response.writeHead(nth === 1 || nth === 3 ? 503 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(nth === 1 || nth === 3 ? { error: { code: 'X', message: 'not now' } } : feed ? { events: events.slice(after, after + 1), next_cursor: after + 1, has_more: after < 2 } : { case_id: 'c1', status: nth < 4 ? 'processing' : 'completed' }))
    })
    await new Promise<void>((done) => cases.listen(0, '127.0.0.1', done))
    const env = { KLAREFI_API_KEY: 'kl_test_0000000000000000', KLAREFI_BASE_URL: `http://127.0.0.1:${(cases.address() as AddressInfo).port}` }
    try {
      const { code, out, err } = await orkit(['klarefi', 'watch', 'c1', '--max-retries', '0', '-o', 'jsonl'], { env })
      expect(code, err).toBe(0)
      expect(lines(out).map(({ event_id }) => event_id)).toEqual(['evt_1', 'evt_2', 'evt_3'])
    } finally {
      cases.closeAllConnections()
      cases.close()
    }
  })

  it('is what --wait shows', async () => {
    const { code, out, err } = await orkit(['orbiter', 'workflows', 'run', workflow, '--wait', '-o', 'json'], { env: served.env })
    expect(code, err).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ status: 'completed' })
    expect(err).toContain('workflows.run: completed')
  })
})

describe('webhooks', () => {
  const secret = 'whsec_e2e_00000000000000000000'
  const payload = JSON.stringify({ event_type: 'v1.case.completed', case_id: 'c_1', note: 'žluť' })

  it('verify: right, wrong, and whose', async () => {
    const file = join(folder, 'payload.json')
    writeFileSync(file, payload)
    const klarefi = await signPayload(payload, secret)
    const good = await orkit(['webhooks', 'verify', file, '--signature', klarefi], { env: { ORKIT_WEBHOOK_SECRET: secret } })
    expect([good.code, JSON.parse(good.out)]).toEqual([0, JSON.parse(payload)])
    const piped = await orkit(['webhooks', 'verify', '--signature', await signFlexOrchPayload(payload, secret)], { env: { ORKIT_WEBHOOK_SECRET: secret }, stdin: payload })
    expect(piped.code, piped.err).toBe(0)
    const bad = await orkit(['webhooks', 'verify', '--signature', klarefi], { env: { ORKIT_WEBHOOK_SECRET: secret }, stdin: `${payload} ` })
    expect([bad.code, bad.out]).toEqual([5, ''])
    expect(bad.err).toContain('signature')
    expect(bad.err).not.toContain(secret)
    const old = await signPayload(payload, secret, { timestamp: 1000 })
    expect((await orkit(['webhooks', 'verify', '--signature', old], { env: { ORKIT_WEBHOOK_SECRET: secret }, stdin: payload })).code).toBe(5)
    expect((await orkit(['webhooks', 'verify', '--signature', old, '--tolerance', '0'], { env: { ORKIT_WEBHOOK_SECRET: secret }, stdin: payload })).code).toBe(0)
  })

  it('listen: verifies, forwards the exact bytes, prints; trigger: any event', async () => {
    const received: { headers: IncomingHttpHeaders; body: string }[] = []
    const program = createServer((request, response) => {
      let body = ''
      request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')))
      request.on('end', () => {
        received.push({ headers: request.headers, body })
        response.writeHead(204).end()
      })
    })
    await new Promise<void>((done) => program.listen(0, '127.0.0.1', done))
    const env = { ORKIT_WEBHOOK_SECRET: secret }
    const listening = start(['webhooks', 'listen', '--port', '0', '--forward-to', `http://127.0.0.1:${(program.address() as AddressInfo).port}/hook`, '-o', 'jsonl', '--max', '3'], { env })
    try {
      const to = /http:\/\/127\.0\.0\.1:\d+/.exec(await listening.shows('Listening on'))![0]
      const first = await orkit(['webhooks', 'trigger', 'v1.case.completed', '--to', to, '--data', 'case_id=c_9'], { env })
      expect([first.code, (JSON.parse(first.out) as { status: number }).status]).toEqual([0, 204])
      // The same through a server that runs already.
      expect((await orkit(['webhooks', 'trigger', 'job.failed', '--to', to, '--server', served.url], { env })).code).toBe(0)
      const wrong = await orkit(['webhooks', 'trigger', 'job.completed', '--to', to], { env: { ORKIT_WEBHOOK_SECRET: 'whsec_another_secret_000000' } })
      expect(wrong.code).toBe(8)
      const { code, out } = await listening.ended
      expect(code).toBe(0)
      expect(lines(out).map(({ system, event, verified, status }) => [system, event, verified, status])).toEqual([
        ['klarefi', 'v1.case.completed', true, 204],
        ['flexorch', 'job.failed', true, 204],
        ['flexorch', 'job.completed', false, 400],
      ])
      expect(received.map(({ body }) => (JSON.parse(body) as { case_id?: string; event?: string }).case_id ?? (JSON.parse(body) as { event: string }).event)).toEqual(['c_9', 'job.failed'])
      // What was passed on can be checked again.
      expect(received[0]!.headers['x-klarefi-signature']).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/)
    } finally {
      listening.child.kill()
      program.close()
    }
  })

  it('verify: takes what is piped in byte for byte', async () => {
    const marked = `\ufeff${payload}`
    const ran = await orkit(['webhooks', 'verify', '--signature', await signFlexOrchPayload(marked, secret)], { env: { ORKIT_WEBHOOK_SECRET: secret }, stdin: marked })
    expect(ran.code, ran.err).toBe(0)
  })

  it('listen: a sender that breaks off ends nothing, and is told of', async () => {
    const slow = createServer((_request, response) => void setTimeout(() => response.writeHead(204).end(), 400))
    await new Promise<void>((done) => slow.listen(0, '127.0.0.1', done))
    const listening = start(['webhooks', 'listen', '--port', '0', '--skip-verify', '--forward-to', String((slow.address() as AddressInfo).port), '-o', 'jsonl', '--max', '3'])
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(await listening.shows('Listening on'))![1])
    const broken = (text: string) => new Promise<void>((done) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text, () => setTimeout(() => socket.destroy(), 100)))
      socket.once('close', () => done())
    })
    try {
      // In the middle of its body, and while it waits for the answer of the program.
      await broken('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"event"')
      await broken('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 20\r\n\r\n{"event":"job.done"}')
      await listening.shows('job.done')
      expect((await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{"event":"job.next"}' })).status).toBe(204)
      const { code, out } = await listening.ended
      expect(code).toBe(0)
      expect(lines(out).map(({ event, status, error }) => [event, status, error])).toEqual([
        ['', 400, 'the sender broke off before the end of the body'],
        ['job.done', 204, undefined],
        ['job.next', 204, undefined],
      ])
    } finally {
      listening.child.kill()
      slow.close()
    }
  })

  it('trigger: knows its events, and refuses to send to strangers', async () => {
    const unknown = await orkit(['webhooks', 'trigger', 'v1.case.complete', '-o', 'table'])
    expect(unknown.code).toBe(2)
    expect(unknown.err).toContain("Did you mean 'v1.case.completed'?")
    expect((await orkit(['webhooks', 'trigger', 'job.failed', '--to', 'http://192.0.2.1/'])).code).toBe(2)
    const { out } = await orkit(['webhooks', 'events', '-o', 'jsonl'])
    expect(lines(out).length).toBe(16)
  })
})

describe('mock run', () => {
  it('runs a script with base URLs and credentials, and ends as it does', async () => {
    const script = `set -e; test -n "$ORKIT_MOCK_URL"; test -z "$ORKIT_PROFILE$ORKIT_MOCK"; test "$XDG_CONFIG_HOME" != "$OUTER_CONFIG"; "$NODE" "$ORKIT" orckai agents create --name Kept >/dev/null; "$NODE" "$ORKIT" orckai agents list --jq '.[].name' -o raw; exit 7`
    const { code, out, err } = await orkit(['mock', 'run', '--', 'bash', '-c', script], { env: { NODE: process.execPath, ORKIT: join(process.cwd(), 'packages/cli/bin/orkit.cjs'), ORKIT_PROFILE: 'staging', ORKIT_MOCK: '1', XDG_CONFIG_HOME: join(folder, 'config'), OUTER_CONFIG: join(folder, 'config') } })
    expect(err).toBe('')
    expect(code).toBe(7)
    expect(out).toContain('Kept')
  })

  it('tells a missing command and a signal as a shell does, and passes signals on', async () => {
    const missing = await orkit(['mock', 'run', '--', 'no-such-command-here'])
    expect([missing.code, missing.err]).toEqual([127, expect.stringContaining('no-such-command-here: command not found')])
    expect((await orkit(['mock', 'run', '--', 'bash', '-c', 'kill -KILL $$'])).code).toBe(137)
    const running = start(['mock', 'run', '--', 'bash', '-c', 'trap "echo got it; exit 42" TERM; echo ready; while :; do sleep 0.05; done'])
    await running.shows('ready')
    running.child.kill('SIGTERM')
    const { code, out } = await running.ended
    expect([code, out]).toEqual([42, 'ready\ngot it\n'])
  })
})

describe('spec', () => {
  it('prints and saves the document, and compares it with a newer one', async () => {
    const { code, out } = await orkit(['spec', 'orckai'])
    const document = JSON.parse(out) as { openapi: string; paths: Record<string, Record<string, unknown>> }
    expect([code, document.openapi]).toEqual([0, '3.1.0'])
    const yaml = join(folder, 'orckai.yaml')
    expect((await orkit(['spec', 'orckai', '-o', 'yaml', '--out-file', yaml])).code).toBe(0)
    const same = await orkit(['spec', 'diff', 'orckai', yaml, '-o', 'table'])
    expect([same.code, same.out]).toEqual([0, 'Nothing changes.\n'])
    delete document.paths['/agents']!['post']
    const shorter = await orkit(['spec', 'diff', 'orckai', '-', '-o', 'json'], { stdin: JSON.stringify(document) })
    expect([shorter.code, JSON.parse(shorter.out)]).toEqual([1, [expect.objectContaining({ breaking: true, kind: 'operation-removed', operation: 'POST /agents' })]])
    const none = await orkit(['spec', 'diff', 'orckai', '-'], { stdin: 'swagger: "2.0"' })
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('not an OpenAPI 3 document')])
  })

  it('reads a newer document from a URL', async () => {
    const { code, out } = await orkit(['spec', 'diff', 'klarefi', `${served.url}/klarefi/openapi.json`, '-o', 'table'])
    expect([code, out]).toEqual([0, 'Nothing changes.\n'])
  })
})
