import { describe, expect, it, vi } from 'vitest'
import { createMock } from '../../src/mock.js'
import { SYSTEMS } from '../../src/systems/index.js'
import { arena, type Answer, type Arena, SYSTEM_NAMES } from '../harness/arena.js'
import type { Json } from '../harness/documents.js'
import { idsOf } from '../harness/ids.js'
import { PASSWORD } from '../orbiter.js'

// Minutes of work on a busy machine, seconds on a quiet one.
vi.setConfig({ testTimeout: 120_000 })

/** A few requests of every kind, the same each time: what came back, as text. */
async function story(at: Arena, from = 0, to = Number.POSITIVE_INFINITY): Promise<string[]> {
  const out: string[] = []
  for (const one of at.operations.filter(({ stream }) => stream?.kind !== 'websocket').slice(from, to)) {
    const answer = await at.send(one, { path: one.path.includes('{') ? idsOf(at.system, one, 'main') : {} })
    out.push(`${one.id} ${answer.status} ${answer.text}`)
  }
  return out
}

describe('pitfalls: state', () => {
  it('17. nothing that comes out is the stored thing: editing it changes nothing', async () => {
    const at = await arena('orckai')
    const before = await at.stored()
    const snapshot = await at.mock.snapshot()
    for (const entries of Object.values(snapshot.systems['orckai']!.store.collections)) for (const [, row] of entries) Reflect.set(row as Json, 'name', 'edited')
    const row = at.mock.world().system(await SYSTEMS.orckai.load()).store.collection('agents').all()[0]!
    Object.assign(row as Json, { name: 'edited' })
    for (const entry of at.mock.journal.entries()) entry.path = 'edited'
    expect(await at.stored()).toBe(before)
    expect(at.mock.journal.entries().some(({ path }) => path === 'edited')).toBe(false)
    await at.mock.close()
  })

  it('18. two servers in one process that take turns tell what each tells alone', async () => {
    for (const system of SYSTEM_NAMES) {
      const alone = await arena(system)
      const expected = await story(alone)
      const [one, two] = [await arena(system), await arena(system)]
      const told: [string[], string[]] = [[], []]
      for (let i = 0; i < one.operations.length; i += 3) {
        told[0].push(...(await story(one, i, i + 3)))
        told[1].push(...(await story(two, i, i + 3)))
      }
      expect(told[0], system).toEqual(expected)
      expect(told[1], system).toEqual(expected)
      for (const { mock } of [alone, one, two]) await mock.close()
    }
  })

  it('19. a reset forgets everything: afterwards the server is a fresh one, by hash', async () => {
    for (const system of SYSTEM_NAMES) {
      const options = { systems: [system], clock: 'virtual', send: false } as const
      const fresh = createMock(options)
      fresh.world().system(await SYSTEMS[system].load())
      const at = await arena(system, { rateLimits: 'documented' })
      await story(at)
      await at.mock.advance(5_000)
      at.mock.faults.add({ status: 500 } as never)
      await at.mock.reset()
      expect(at.mock.world().hash(), system).toBe(fresh.world().hash())
      expect([at.mock.journal.entries().length, at.mock.faults.list().length, at.mock.clock.now()]).toEqual([0, 0, fresh.clock.now()])
      await at.mock.close()
      await fresh.close()
    }
  })

  it('20. what only one may win, one wins, however many come at once', async () => {
    const orbiter = await arena('orbiter')
    const register = orbiter.operation('auth.register')
    const made = await Promise.all(Array.from({ length: 100 }, () => orbiter.send(register, { body: { email: 'one@example.com', password: PASSWORD } })))
    expect(count(made)).toEqual({ 201: 1, 409: 99 })
    await orbiter.mock.close()
    const orca = await arena('orca')
    const login = await orca.call('POST', '/api/v1/auth/login', {}, { email: 'ada@example.com', password: PASSWORD })
    const used = await Promise.all(Array.from({ length: 100 }, () => orca.call('POST', '/api/v1/auth/refresh', {}, { refresh_token: login.body.data.refresh_token })))
    expect(count(used)).toEqual({ 200: 1, 401: 99 })
    await orca.mock.close()
  })

  it('21. a job goes by the clock, not by how often somebody looks', async () => {
    const end = async (looks: number): Promise<Json> => {
      const at = await arena('orckai', { jobDuration: 10_000 })
      const { body } = await at.send(at.operation('workflows.execute'), { path: { id: 'b2c3d4e5-0000-4000-8000-000000000001' } })
      for (let i = 0; i < looks; i++) await at.send(at.operation('workflows.executions.list'))
      const get = async (): Promise<Json> => (await at.send(at.operation('workflows.executions.get'), { path: { id: body.executionId ?? body.data.executionId } })).body.data
      expect((await get()).status).not.toBe('completed')
      await at.mock.advance(60_000)
      const done = await get()
      await at.mock.close()
      return done
    }
    expect(await end(50)).toEqual(await end(0))
    expect((await end(0)).status).toBe('completed')
  })

  it('22. a cursor goes on while objects come and go; one from elsewhere is refused; bounds are those of the document', async () => {
    const at = await arena('orbiter')
    const [list, create, remove] = ['projects.list', 'projects.create', 'projects.delete'].map((id) => at.operation(id)) as [never, never, never]
    for (let i = 0; i < 7; i++) await at.send(create, { body: { name: `P${i}` } })
    const seen: string[] = []
    let cursor = ''
    for (let page = 0; ; page++) {
      const { body } = await at.send(list, { query: { limit: '2', ...(cursor && { cursor }) } })
      seen.push(...body.data.map((row: Json) => row.id))
      if (page === 0) await at.send(remove, { path: { project_id: seen[0]! } })
      await at.send(create, { body: { name: `new ${page}` } })
      if (!body.pagination.has_more || page > 30) break
      cursor = body.pagination.next_cursor
    }
    expect(new Set(seen).size, 'nothing twice').toBe(seen.length)
    expect(seen.length).toBeGreaterThanOrEqual(10)
    expect((await at.send(at.operation('agents.list'), { query: { cursor } })).status, 'of another list').toBe(422)
    expect((await at.send(list, { query: { cursor: 'nonsense' } })).status).toBe(422)
    const orca = await arena('orca')
    expect((await orca.send(orca.operation('files.list'), { query: { offset: '100000' } })).body.data).toEqual([])
    await orca.mock.close()
    for (const limit of ['0', '101']) expect((await at.send(list, { query: { limit } })).status).toBe(422)
    for (const limit of ['1', '100']) expect((await at.send(list, { query: { limit } })).status).toBe(200)
    await at.mock.close()
  })

  it('23. a snapshot is data with a version, and another version is refused', async () => {
    const at = await arena('klarefi')
    await story(at)
    const snapshot = structuredClone(await at.mock.snapshot())
    const told = await story(at)
    await at.mock.restore(JSON.parse(JSON.stringify(snapshot)))
    expect(await story(at), 'goes on as before').toEqual(told)
    await expect(at.mock.restore({ ...snapshot, version: 99 as never })).rejects.toThrow('version 99')
    await expect(at.mock.restore({} as never)).rejects.toThrow('no snapshot')
    await at.mock.close()
  })

  it('24. what was made is in the list and by its id; what was deleted is gone, with all that hangs on it', async () => {
    const orckai = await arena('orckai')
    const walks: readonly (readonly [string, string])[] = [['agents', 'id'], ['knowledgeBases', 'id'], ['templates', 'id'], ['workflows', 'id']]
    for (const [name, key] of walks) {
      const { body } = await orckai.send(orckai.operation(`${name}.create`))
      const { id } = body.data
      expect((await orckai.send(orckai.operation(`${name}.get`), { path: { [key]: id } })).body.data, name).toEqual(body.data)
      expect((await orckai.send(orckai.operation(`${name}.list`))).body.data.map((row: Json) => row.id), name).toContain(id)
      expect((await orckai.send(orckai.operation(`${name}.delete`), { path: { [key]: id } })).status, name).toBe(200)
      for (const one of orckai.operations.filter(({ id: other, path }) => other.startsWith(`${name}.`) && path.includes('{id}') && !other.startsWith('workflows.executions'))) {
        expect((await orckai.send(one, { path: { id } })).status, `${one.id} after its end`).toBe(404)
      }
      expect((await orckai.send(orckai.operation(`${name}.list`))).body.data.map((row: Json) => row.id), name).not.toContain(id)
    }
    await orckai.mock.close()
  })
})

function count(answers: readonly Answer[]): Record<number, number> {
  const out: Record<number, number> = {}
  for (const { status } of answers) out[status] = (out[status] ?? 0) + 1
  return out
}
