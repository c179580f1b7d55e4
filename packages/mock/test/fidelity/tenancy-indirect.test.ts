import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { SystemName } from '../../src/systems/index.js'
import { type Answer, arena, type Arena, SYSTEM_NAMES } from '../harness/arena.js'
import type { Json } from '../harness/documents.js'
import { idsOf } from '../harness/ids.js'
import { id, PASSWORD } from '../orbiter.js'

// Minutes of work on a busy machine, seconds on a quiet one.
vi.setConfig({ testTimeout: 120_000 })

// The ways to the other organisation that name none of its ids: words, sockets, cursors, keys of requests, contents.

/** Questions that are asked in the words of the other organisation. */
const QUESTIONS: Readonly<Partial<Record<SystemName, (at: Arena, words: string) => Promise<Answer>>>> = {
  orca: (at, message) => at.send(at.operation('chat.query'), { body: { message } }),
  orckai: (at, query) => at.send(at.operation('knowledgeBases.search'), { path: { id: 'd4e5f6a7-0000-4000-8000-000000000001' }, body: { query, limit: 20 } }),
  flexorch: (at, query) => at.send(at.operation('search.query'), { body: { query: query.slice(0, 900), mode: 'structured', top_k: 50 } }),
  orbiter: (at, q) => at.send(at.operation('search.query'), { query: { q } }),
}

const WITH_SOCKETS = new Set<SystemName>(['orca', 'orbiter'])

for (const system of SYSTEM_NAMES.filter((name) => QUESTIONS[name])) {
  describe(system, () => {
    let at: Arena
    let theirs: readonly string[]
    beforeAll(async () => {
      at = await arena(system)
      theirs = await wordsOfOther(at)
    })
    beforeEach(() => at.fresh())
    afterAll(() => at.mock.close())

    const question = QUESTIONS[system]!
    it('finds nothing of theirs, in whatever words it is asked for', async () => {
      expect(theirs.length).toBeGreaterThan(3)
      for (const words of theirs) {
        const answer = await question(at, words)
        expect(answer.status, `${words}: ${answer.text}`).toBe(200)
        expect(theirs.filter((text) => answer.text.includes(text) && !words.includes(text)), words).toEqual([])
        await at.fresh()
      }
    })

    if (WITH_SOCKETS.has(system)) it('opens no socket on what is theirs, and one for them', async () => {
      for (const operation of at.operations.filter(({ stream }) => stream?.kind === 'websocket')) {
        const path = operation.path.replaceAll(/\{([^}]*)\}/g, (_, name: string) => idsOf(system, operation, 'other')[name]!)
        const open = (who: 'main' | 'other'): Promise<number> => new Promise((resolve) => {
          const socket = at.mock.webSocket(`${at.mock.baseUrl(system).replace(/^http/, 'ws').replace('/api/v1', '')}${path}`, { headers: at.auth(operation, who) })
          socket.onopen = () => resolve((socket.close(), 101))
          socket.onerror = ({ status }) => resolve(status ?? 0)
        })
        expect(await open('main'), operation.id).toBe(system === 'orbiter' ? 403 : 404)
        expect(await open('other'), `${operation.id} for its owner`).toBe(101)
      }
    })
  })
}

async function withSystem(system: SystemName, run: (at: Arena) => Promise<void>): Promise<void> {
  const at = await arena(system)
  try {
    await run(at)
  } finally {
    await at.mock.close()
  }
}

it('Orbiter: a cursor of somebody else opens nothing', () => withSystem('orbiter', async (at) => {
  const list = at.operation('projects.list')
  for (let i = 0; i < 3; i++) await at.send(at.operation('projects.create'), { body: { name: `P${i}` } }, 'other')
  const { next_cursor: cursor } = (await at.send(list, { query: { limit: '1' } }, 'other')).body.pagination
  expect((await at.send(list, { query: { cursor } }, 'other')).status).toBe(200)
  expect((await at.send(list, { query: { cursor } })).status).toBe(422)
}))

it('Klarefi: the same idempotency key of another organisation, and of test beside live, is another key', () => withSystem('klarefi', async (at) => {
  const create = at.operation('process.create')
  const body = { document_url: 'https://files.example.com/one.pdf', case_type_id: 'ct_claim', idempotency_key: 'shared-key' }
  const mine = await at.send(create, { body })
  expect(mine.status, mine.text).toBe(201)
  const types = (await at.mock.snapshot()).systems['klarefi']!.store.collections['_caseTypes']!.map(([, row]) => row as Json)
  const other = await at.send(create, { body: { ...body, case_type_id: types.find((row) => row._org === 'other').case_type_id, document_url: 'https://files.example.com/two.pdf' } }, 'other')
  expect(other.status, other.text).toBe(201)
  expect(other.body.case_id).not.toBe(mine.body.case_id)
  const test = await at.send(create, { body: { ...body, trace_id: 'other parameters' } }, { authorization: 'Bearer sk_test_full_access_0000000000000000' })
  expect(test.status, test.text).toBe(201)
  expect((await at.send(create, { body })).body).toEqual({ ...mine.body, idempotent_replay: true })
}))

it('FlexOrch: what another organisation has processed is new here', () => withSystem('flexorch', async (at) => {
  const form = (): FormData => {
    const made = new FormData()
    made.append('files', new File(['Dear Ada, the very same letter in two workspaces.'], 'letter.txt'))
    return made
  }
  const process = at.operation('documents.process')
  expect((await at.send(process, { body: form() }, 'other')).body.data.accepted).toBe(1)
  expect((await at.send(process, { body: form() })).body.data).toMatchObject({ accepted: 1 })
  expect((await at.send(process, { body: form() })).body.data).toMatchObject({ accepted: 0, is_duplicate: true })
}))

it('ORCA: a refresh token or a temporary token signs in who got it, and signing out touches nobody else', () => withSystem('orca', async (at) => {
  const signIn = async (email: string): Promise<Json> => (await at.call('POST', '/api/v1/auth/login', {}, { email, password: PASSWORD })).body.data
  const [ada, olga] = [await signIn('ada@example.com'), await signIn('olga@other.example')]
  await at.call('POST', '/api/v1/auth/logout', { authorization: `Bearer ${ada.access_token}` })
  const files = at.operation('files.list')
  expect((await at.send(files, {}, { authorization: `Bearer ${ada.access_token}` })).status).toBe(401)
  expect((await at.send(files, {}, { authorization: `Bearer ${olga.access_token}` })).body.data.map((file: Json) => file.file_id)).toEqual([901])
  const { access_token } = (await at.call('POST', '/api/v1/auth/refresh', {}, { refresh_token: olga.refresh_token })).body.data
  expect((await at.send(files, {}, { authorization: `Bearer ${access_token}` })).body.data.map((file: Json) => file.file_id)).toEqual([901])
}))

it('Orbiter: a run of somebody else is not seen over its stream, its trace or its deployment', () => withSystem('orbiter', async (at) => {
  const key = at.who.main['deploymentKey']!
  for (const deployment of [id('10', 91), id('10', 3)]) expect((await at.send(at.operation('deployments.run'), { path: { deployment_id: deployment }, body: { input: 'x', stream: true } }, key)).status, deployment).toBe(401)
  expect((await at.send(at.operation('ci.status'), { path: { deployment_id: id('10', 91) } })).status).toBe(404)
}))

/** Texts of the other organisation that nobody else has. */
async function wordsOfOther(at: Arena): Promise<string[]> {
  const rows = Object.entries((await at.mock.snapshot()).systems[at.system]!.store.collections).filter(([name]) => !name.startsWith('_')).flatMap(([, entries]) => entries.map(([, row]) => row as Json))
  const ours = JSON.stringify([rows.filter((row) => row._org !== 'other'), at.document])
  const texts = new Set<string>()
  const collect = (value: Json): void => {
    if (typeof value === 'string') texts.add(value)
    else if (typeof value === 'object' && value !== null) for (const [name, member] of Object.entries(value)) if (!/(?:_at|At|_hash|^_key|time|date|^at)$/.test(name)) collect(member)
  }
  for (const row of rows.filter((one) => one._org === 'other')) collect(row)
  return [...texts].filter((text) => text.length >= 6 && !ours.includes(text))
}
