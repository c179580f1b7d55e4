import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Operation } from '../../src/kernel/system.js'
import type { SystemName } from '../../src/systems/index.js'
import { arena, type Arena, SYSTEM_NAMES } from '../harness/arena.js'
import type { Json } from '../harness/documents.js'
import { idsOf } from '../harness/ids.js'
import type { Given } from '../harness/requests.js'
import { errorFault } from '../harness/shapes.js'

// Minutes of work on a busy machine, seconds on a quiet one.
vi.setConfig({ testTimeout: 120_000 })

// Every operation with the ids of the other organisation: the documented answer, and not a word of what is theirs.

/** Operations that do not answer 404 to a foreign id in their path, with the reason. */
const EXCEPTIONS: Readonly<Partial<Record<SystemName, Readonly<Record<string, { status: number; because: string }>>>>> = {
  orbiter: {
    'deployments.run': { status: 401, because: 'a deployment key opens its own deployment only, whatever the path names' },
    'deployments.preflight': { status: 204, because: 'a preflight carries no credential: there is no organisation to compare with, and it tells nothing' },
  },
}

interface Reference {
  id: string
  given: (example: Json) => Given
  status: number
}

/** Ids of the other organisation in bodies and queries. */
const REFERENCES: Readonly<Record<SystemName, readonly Reference[]>> = {
  orca: [
    { id: 'jobs.create', given: (body) => ({ body: { ...body, file_ids: [901] } }), status: 404 },
    { id: 'jobs.create', given: (body) => ({ body: { ...body, file_ids: [101, 901] } }), status: 404 },
    { id: 'public.scans.trigger', given: (body) => ({ body: { ...body, source_id: 9 } }), status: 404 },
  ],
  orckai: [{ id: 'agents.execute', given: (body) => ({ body: { ...body, agentId: 'a1b2c3d4-0000-4000-8000-0000000000ff' } }), status: 404 }],
  flexorch: [
    { id: 'datasets.create', given: (body) => ({ body: { ...body, execution_ids: [106, 201] } }), status: 422 },
    { id: 'fineTune.create', given: (body) => ({ body: { ...body, dataset_id: 41 } }), status: 404 },
    { id: 'datasets.exportToS3', given: (body) => ({ body: { ...body, connector_id: 11 } }), status: 404 },
    { id: 'documents.process', given: () => ({ body: { source: { connector_id: 11, keys: ['a.pdf'] } } }), status: 422 },
    { id: 'scheduler.createSchedule', given: (body) => ({ body: { ...body, connector_id: 11 } }), status: 404 },
    { id: 'webhooks.create', given: (body) => ({ body: { ...body, auto_export: { ...body.auto_export, connector_id: 11 } } }), status: 422 },
    { id: 'datasets.list', given: () => ({ query: { source_execution_id: '201' } }), status: 200 },
  ],
  klarefi: [{ id: 'process.create', given: (body) => ({ body: { ...body, case_type_id: 'ct_other' } }), status: 400 }],
  orbiter: [
    { id: 'agents.create', given: (body) => ({ body: { ...body, project_id: 'b0000000-0000-4000-8000-000000000091' } }), status: 404 },
    { id: 'tools.create', given: (body) => ({ body: { ...body, project_id: 'b0000000-0000-4000-8000-000000000091' } }), status: 404 },
    { id: 'workflows.create', given: (body) => ({ body: { ...body, project_id: 'b0000000-0000-4000-8000-000000000091' } }), status: 404 },
    { id: 'deployments.create', given: (body) => ({ body: { ...body, entity_id: 'c0000000-0000-4000-8000-000000000091' } }), status: 404 },
    { id: 'ci.deploy', given: (body) => ({ body: { ...body, entity_id: 'c0000000-0000-4000-8000-000000000091' } }), status: 404 },
    { id: 'ci.evaluate', given: (body) => ({ body: { ...body, evaluation_id: '70000000-0000-4000-8000-000000000091' } }), status: 404 },
    { id: 'agents.list', given: () => ({ query: { project_id: 'b0000000-0000-4000-8000-000000000091' } }), status: 200 },
    { id: 'runs.list', given: () => ({ query: { agent_id: 'c0000000-0000-4000-8000-000000000091' } }), status: 200 },
  ],
}

for (const system of SYSTEM_NAMES) {
  describe(system, () => {
    let at: Arena
    let theirs: readonly string[]
    beforeAll(async () => {
      at = await arena(system)
      theirs = await marks(at)
    })
    beforeEach(() => at.fresh())
    afterAll(() => at.mock.close())

    it('answers every operation on their ids as if they did not exist, and leaves them alone', async () => {
      const before = await otherRows(at)
      expect(theirs.length, 'texts that only they have').toBeGreaterThan(5)
      for (const operation of at.operations.filter(({ path, stream }) => path.includes('{') && stream?.kind !== 'websocket')) {
        const path = idsOf(system, operation, 'other')
        const answer = await at.send(operation, { path })
        const exception = EXCEPTIONS[system]?.[operation.id]
        expect(answer.status, `${operation.id}: ${answer.text}`).toBe(exception?.status ?? 404)
        if (answer.status >= 400) expect(errorFault(system, answer), operation.id).toBeUndefined()
        expect(leaks(theirs, answer.text, Object.values(path)), operation.id).toEqual([])
      }
      expect(await otherRows(at), 'their rows').toEqual(before)
    })

    it('mixes nothing of theirs into lists and whatever else takes no id', async () => {
      for (const operation of at.operations.filter(({ path, stream }) => !path.includes('{') && stream?.kind !== 'websocket')) {
        const answer = await at.send(operation)
        // Orbiter's health page covers all users, without sign-in.
        if (!(system === 'orbiter' && operation.id === 'health.get')) expect(leaks(theirs, answer.text, []), operation.id).toEqual([])
      }
    })

    it('refuses their ids inside bodies and queries', async () => {
      for (const { id, given, status } of REFERENCES[system]) {
        const operation = at.operation(id)
        const answer = await at.send(operation, given(bodyExample(at, operation)))
        expect(answer.status, `${id}: ${answer.text}`).toBe(status)
        if (status >= 400) expect(errorFault(system, answer), id).toBeUndefined()
        expect(leaks(theirs, answer.text, []).filter((mark) => !JSON.stringify(given(bodyExample(at, operation))).includes(mark)), id).toEqual([])
      }
    })

    it('does the same the other way round', async () => {
      for (const operation of at.operations.filter(({ path, stream }) => path.includes('{') && stream?.kind !== 'websocket')) {
        if (EXCEPTIONS[system]?.[operation.id]) continue
        const answer = await at.send(operation, { path: idsOf(system, operation, 'main') }, 'other')
        expect(answer.status, `${operation.id}: ${answer.text}`).toBe(404)
        const own: Given = { path: idsOf(system, operation, 'other'), ...(operation.id === 'datasets.exportToS3' && { body: { format: 'jsonl', connector_id: 11 } }) }
        // Chunks exist once a dataset was indexed, and theirs was not; nobody's start waits in a queue (runs.test.ts has one that does).
        if (!['datasets.chunks', 'runs.queue.cancel'].includes(operation.id)) expect((await at.send(operation, own, 'other')).status, `${operation.id} exists for its owner`).not.toBe(404)
        await at.fresh()
      }
    })
  })
}

function bodyExample(at: Arena, operation: Operation): Json {
  for (const item of Object.values<Json>(at.document.paths)) for (const raw of Object.values<Json>(item)) if (raw?.operationId === operation.id) return raw.requestBody?.content?.['application/json']?.example
  return undefined
}

async function rows(at: Arena): Promise<Json[]> {
  const { systems } = await at.mock.snapshot()
  return Object.entries(systems[at.system]!.store.collections).filter(([name]) => !name.startsWith('_')).flatMap(([, entries]) => entries.map(([, row]) => row))
}

async function otherRows(at: Arena): Promise<Json[]> {
  return (await rows(at)).filter((row) => row._org === 'other')
}

/** Texts of the other organisation that nobody else has, long enough not to occur by chance. */
async function marks(at: Arena): Promise<string[]> {
  const all = await rows(at)
  const ours = JSON.stringify([all.filter((row) => row._org !== 'other'), at.document])
  const texts = new Set<string>()
  for (const row of all.filter((candidate) => candidate._org === 'other')) collect(row, texts)
  return [...texts].filter((text) => text.length >= 8 && !ours.includes(text))
}

function collect(value: Json, into: Set<string>): void {
  if (typeof value === 'string') into.add(value)
  else if (typeof value === 'object' && value !== null) for (const [name, member] of Object.entries(value)) if (!/_at$|At$|^_key|^at$|time$|date$/.test(name)) collect(member, into)
}

function leaks(marksOfOthers: readonly string[], text: string, asked: readonly string[]): string[] {
  return marksOfOthers.filter((mark) => text.includes(mark) && !asked.includes(mark))
}
