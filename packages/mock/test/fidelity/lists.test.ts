import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Operation } from '../../src/kernel/system.js'
import type { SystemName } from '../../src/systems/index.js'
import { type Answer, arena, type Arena, SYSTEM_NAMES } from '../harness/arena.js'
import { describeOperation, type Json } from '../harness/documents.js'
import { idsOf } from '../harness/ids.js'

// Minutes of work on a busy machine, seconds on a quiet one.
vi.setConfig({ testTimeout: 120_000 })

// Every list of every document: its pages are the whole list cut, each documented filter filters, and the documented order holds.

type Query = Record<string, string>

interface Filter {
  /** Values to try; default: those that the items have, and one that none has. */
  values?: readonly string[]
  /** Whether an item belongs to the answer; default: its member of that name is the value. `row` is what is stored. */
  fits?(item: Json, value: string, row: Json): boolean
  /** The query whose answer holds every item. Default: none. */
  base?: Query
}

/** Lists that the seed fills with less than two. */
const BEFORE: Readonly<Record<string, (at: Arena) => Promise<unknown>>> = {
  'connectors.schedules.logs': (at) => at.send(at.operation('connectors.schedules.trigger'), { path: { connector_id: '1', schedule_id: '2' } }),
  // Five runs may be under way, one is in the seed: the rest waits.
  'runs.queue.list': async (at) => { for (let i = 0; i < 7; i++) await at.send(at.operation('workflows.run'), { path: { workflow_id: 'd0000000-0000-4000-8000-000000000001' } }) },
}

/** Jobs of the seed and the executions that came of them. */
const RESULT_OF: Readonly<Record<string, string>> = { 1001: '106', 1002: '107' }

/** The days up to 2 March 2026, the newest of the seed. */
const lastDays = (item: Json, period: string): boolean => Date.parse(item.date) > Date.parse('2026-03-02') - Number.parseInt(period, 10) * 86_400_000

/** Filters that are more than equality. `reason` instead: it filters nothing here, and why. */
const FILTERS: Readonly<Partial<Record<SystemName, Readonly<Record<string, Filter | { reason: string }>>>>> = {
  orca: {
    'public.alerts.list since': { values: ['2020-01-01', '2026-02-27', '2026-02-28', '2026-03-01', '2030-01-01'], fits: (item, value) => item.created_at.slice(0, 10) >= value },
  },
  flexorch: {
    'datasets.list source_execution_id': { values: ['106', '107', '201', '999'], fits: (_, value, row) => row._execution_ids.map(String).includes(value) },
    'datasets.list source_document_id': { values: ['501', '502', '601', '999'], fits: (_, value, row) => row._document_ids.map(String).includes(value) },
    // Of the job that built it, or of one whose result its rows are.
    'datasets.list job_id': { values: ['1007', '1008', '1001', '1002', '999'], fits: (_, value, row) => String(row._job_id) === value || row._execution_ids.map(String).includes(RESULT_OF[value]!) },
    'datasets.list q': { values: ['invoice', 'INVOICE', 'no such words'], fits: (item, value) => `${item.name} ${item.slug} ${item.description ?? ''}`.toLowerCase().includes(value.toLowerCase()) },
    'datasets.rows q': { values: ['acme', 'INV-2026', 'no such words'], fits: (item, value) => Object.values(item).some((cell) => String(cell ?? '').toLowerCase().includes(value.toLowerCase())) },
    'datasets.chunks quality_grade': { values: ['A', 'b', 'A,B', 'D'], fits: (item, value) => value.toUpperCase().split(',').includes(item.metadata.quality_grade) },
    'datasets.chunks pii_masked': { values: ['true', 'false'], fits: (item, value) => String(item.metadata.pii_masked) === value },
    'usage.qualityTrend period': { values: ['7d', '30d', '90d'], base: { period: '90d' }, fits: lastDays },
    'usage.history period': { values: ['7d', '30d', '90d'], base: { period: '90d' }, fits: lastDays },
  },
  orbiter: {
    'tools.list project_id': { fits: (item, value) => item.id.startsWith('builtin:') || item.project_id === value },
    'runs.list start_date': { values: ['2020-01-01', '2026-02-20', '2030'], fits: (item, value) => item.created_at >= value },
    'runs.list end_date': { values: ['2020-01-01', '2026-02-20', '2030'], fits: (item, value) => item.created_at <= value },
    'runs.list min_cost': { values: ['0', '0.001', '0.01', '1000'], fits: (item, value) => item.total_cost >= Number(value) },
    'runs.list offset': { reason: 'for servers that page by offset' },
    'workflows.runs.list start_date': { values: ['2020-01-01', '2026-02-20', '2030'], fits: (item, value) => item.created_at >= value },
    'workflows.runs.list end_date': { values: ['2020-01-01', '2026-02-20', '2030'], fits: (item, value) => item.created_at <= value },
    ...Object.fromEntries(['severity', 'agent_id', 'acknowledged', 'offset'].map((name) => [`alerts.list ${name}`, { reason: 'for servers that list triggered alerts here' }])),
  },
}

/** The documented order: the member that it goes by, newest first unless it says `up`. */
const ORDER: Readonly<Record<SystemName, Readonly<Record<string, string>>>> = {
  orca: { 'alerts.list': 'created_at', 'public.alerts.list': 'created_at' },
  orckai: {},
  flexorch: { 'documents.list': 'created_at', 'jobs.list': 'created_at', 'datasets.list': 'created_at', 'usage.history': 'up date', 'usage.qualityTrend': 'up date', 'connectors.schedules.logs': 'started_at' },
  klarefi: { 'cases.events': 'up cursor' },
  orbiter: {
    'agents.list': 'created_at', 'alerts.list': 'created_at', 'alerts.rules.list': 'created_at', 'apiKeys.list': 'created_at', 'conversations.list': 'updated_at', 'conversations.messages.list': 'up created_at',
    'deployments.list': 'created_at', 'knowledgeBases.list': 'created_at', 'knowledgeBases.documents.list': 'created_at', 'projects.list': 'created_at', 'providers.list': 'created_at', 'runs.list': 'created_at',
    'workflows.list': 'created_at', 'workflows.runs.list': 'created_at',
  },
}

const at = (value: Json, pointer: string): Json => pointer.split('/').slice(1).reduce((inner: Json, key) => inner?.[key], value)

for (const system of SYSTEM_NAMES) {
  describe(system, () => {
    let world: Arena
    let lists: { operation: Operation; style: string; paging: Json; filters: Json[] }[]
    const items = (operation: Operation, answer: Answer): Json[] => at(answer.body, describeOperation(world.document, operation.id).raw['x-orkit'].pagination.items)
    const ask = async (operation: Operation, query: Query = {}): Promise<Answer> => world.send(operation, { path: idsOf(system, operation, 'main'), query })
    const full = async ({ operation, paging }: (typeof lists)[number], query: Query = {}): Promise<Json[]> => {
      const most = describeOperation(world.document, operation.id).parameters.find(({ name }: Json) => name === paging.limit)?.schema.maximum ?? 200
      const answer = await ask(operation, { ...query, ...(paging.limit && { [paging.limit]: String(most) }) })
      expect(answer.status, `${operation.id} ${JSON.stringify(query)}: ${answer.text}`).toBe(200)
      return items(operation, answer)
    }

    beforeAll(async () => {
      world = await arena(system)
      lists = world.operations.flatMap((operation) => {
        const { raw, parameters } = describeOperation(world.document, operation.id)
        const paging = raw['x-orkit'].pagination
        if (!paging) return []
        const filters = parameters.filter((parameter: Json) => parameter.in === 'query' && parameter.name !== paging.limit && parameter.name !== paging.position)
        return [{ operation, style: paging.style as string, paging, filters }]
      })
    })
    beforeEach(() => world.fresh())
    afterAll(() => world.mock.close())

    it('cuts every list into pages of any size, none missing, none twice, and ends', async () => {
      for (const list of lists) {
        const { operation, style, paging } = list
        await BEFORE[operation.id]?.(world)
        const whole = await full(list)
        expect(whole.length, `${operation.id}: with fewer than two there is nothing to cut`).toBeGreaterThan(1)
        if (style === 'none') continue
        for (const size of paging.limit ? [1, 2, 3, whole.length, whole.length + 1] : [0]) {
          const seen: Json[] = []
          let position = style === 'page' ? '1' : '0'
          let ended = false
          for (let page = 0; !ended; page++) {
            expect(page, `${operation.id} by ${size} ends`).toBeLessThan(whole.length + 3)
            const { body, text } = await ask(operation, { ...(paging.limit && { [paging.limit]: String(size) }), ...(style === 'cursor' && page === 0 ? {} : { [paging.position]: position }) })
            const found: Json[] = at(body, paging.items) ?? []
            expect(size === 0 || found.length <= size, `${operation.id} by ${size}: ${text}`).toBe(true)
            if (paging.total) expect(at(body, paging.total), `${operation.id}: total`).toBe(whole.length)
            seen.push(...found)
            if (paging.hasMore) expect(at(body, paging.hasMore), `${operation.id} by ${size}: more`).toBe(seen.length < whole.length)
            if (style === 'cursor') {
              expect(at(body, paging.next) === null, `${operation.id}: a cursor where there is more`).toBe(seen.length >= whole.length)
              position = String(at(body, paging.next))
              ended = seen.length >= whole.length
            } else {
              ended = found.length === 0
              position = style === 'offset' ? String(seen.length) : style === 'page' ? String(page + 2) : String(at(body, paging.next))
            }
          }
          expect(seen, `${operation.id} by ${size}`).toEqual(whole)
        }
      }
    })

    it('goes on with a cursor while objects come and go', async () => {
      for (const list of lists.filter(({ style }) => style === 'cursor')) {
        const { operation, paging } = list
        const resource = operation.id.replace(/\.list$/, '')
        const [create, remove] = [`${resource}.create`, `${resource}.delete`].map((id) => world.operations.find((one) => one.id === id))
        if (!create || !remove) continue
        const whole = await full(list)
        const seen: string[] = []
        for (let cursor: string | null = '', page = 0; cursor !== null; page++) {
          const { body } = await ask(operation, { [paging.limit]: '1', ...(cursor && { [paging.position]: cursor }) })
          seen.push(...at(body, paging.items).map((item: Json) => String(item.id)))
          cursor = at(body, paging.next)
          const shown = seen.at(-1)!
          const [param] = /\{(\w+)\}/.exec(remove.path)!.slice(1)
          if (page < 30) expect((await world.send(create)).status, create.id).toBe(201)
          if (!shown.startsWith('builtin:')) expect((await world.send(remove, { path: { [param!]: shown } })).status, remove.id).toBeLessThan(300)
        }
        const known = new Set(whole.map(({ id }) => id))
        expect(seen.filter((id) => known.has(id)), operation.id).toEqual([...known])
        expect(new Set(seen).size, `${operation.id}: nothing twice`).toBe(seen.length)
        await world.fresh()
      }
    })

    it('keeps the documented order', async () => {
      for (const [id, words] of Object.entries(ORDER[system])) {
        const [member, up] = words.startsWith('up ') ? [words.slice(3), true] : [words, false]
        const found = (await full(lists.find(({ operation }) => operation.id === id)!)).filter((item) => !String(item.id).startsWith('builtin:')).map((item) => item[member])
        const sorted = found.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
        expect(found, id).toEqual(up ? sorted : sorted.toReversed())
      }
    })

    it('filters by every documented parameter, alone and together with the others', async () => {
      const stored = Object.values((await world.mock.snapshot()).systems[system]!.store.collections).flatMap((entries) => entries.map(([, row]) => row))
      for (const list of lists) {
        const base = list.filters.map(({ name }) => (FILTERS[system]?.[`${list.operation.id} ${name}`] as Filter | undefined)?.base).find(Boolean)
        const whole = await full(list, base)
        const choices: Record<string, readonly string[]> = {}
        const fits = (item: Json, name: string, value: string): boolean => {
          const own = FILTERS[system]?.[`${list.operation.id} ${name}`] as Filter | undefined
          const row = stored.find((candidate) => candidate.id === item.id && Object.keys(item).every((key) => key in candidate || key.endsWith('_name')))
          return own?.fits?.(item, value, row) ?? String(item[name]) === value
        }
        for (const { name } of list.filters) {
          const where = `${list.operation.id} ${name}`
          const own = FILTERS[system]?.[where]
          if (own && 'reason' in own) continue
          if (own === undefined) expect(whole.every((item) => name in item), `${where}: no item has it, and no test says what it does`).toBe(true)
          choices[name] = own?.values ?? [...new Set(whole.map((item) => String(item[name])))]
          const sizes = new Set<number>()
          for (const value of choices[name]) {
            const found = await full(list, { [name]: value })
            expect(found, `${where}=${value}`).toEqual(whole.filter((item) => fits(item, name, value)))
            sizes.add(found.length)
          }
          if (own?.values === undefined) {
            const none = await ask(list.operation, { [name]: name.endsWith('_id') ? 'ffffffff-0000-4000-8000-000000000000' : 'nothing-of-the-kind' })
            expect(none.status === 200 ? items(list.operation, none).filter((item) => !String(item.id).startsWith('builtin:')) : [], `${where}: a value that none has`).toEqual([])
          }
          expect([...sizes].some((size) => size < whole.length), `${where} leaves something out`).toBe(true)
          expect([...sizes].some((size) => size > 0), `${where} leaves something in`).toBe(true)
        }
        const names = Object.keys(choices)
        if (names.length < 2) continue
        const query = fc.record(Object.fromEntries(names.map((name) => [name, fc.constantFrom(...choices[name]!)])), { requiredKeys: [] })
        await fc.assert(fc.asyncProperty(query as fc.Arbitrary<Query>, async (given) => {
          const expected = whole.filter((item) => Object.entries(given).every(([name, value]) => fits(item, name, value)))
          expect(await full(list, given)).toEqual(expected)
        }), { numRuns: 20 })
      }
    })
  })
}
