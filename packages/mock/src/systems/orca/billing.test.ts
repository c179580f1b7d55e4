import { expect, it } from 'vitest'
import { arena, type Arena } from '../../../test/harness/arena.js'

const LEFT = 1

/** An organisation on a plan without overdraft that has one token left. */
async function poor(): Promise<Arena> {
  const at = await arena('orca')
  const state = structuredClone(await at.mock.snapshot())
  for (const [, row] of state.systems['orca']!.store.collections['billing']!) Object.assign(row, { plan: 'free', balance: LEFT, ai_tier: 'basic' })
  await at.mock.restore(state)
  return at
}

function csv(columns: number): FormData {
  const form = new FormData()
  form.append('file', new File([`${Array.from({ length: columns }, (_, i) => `c${i}`).join(',')}\n${'x,'.repeat(columns - 1)}x\n`], 'table.csv'))
  return form
}

it('what cannot be paid leaves nothing behind', async () => {
  const at = await poor()
  const before = await at.stored()
  const refused = [
    await at.send(at.operation('public.upload'), { body: csv(LEFT + 1) }),
    await at.send(at.operation('public.scans.trigger')),
    await at.send(at.operation('reports.generate'), { body: { report_type: 'gdpr_compliance' } }),
    await at.send(at.operation('chat.query'), { body: { message: 'Please compare the two files' } }),
  ]
  for (const answer of refused) expect([answer.status, answer.body.error.message], answer.text).toEqual([400, expect.stringMatching(/^Not enough tokens: \d+ needed, 1 left$/)])
  expect(await at.stored()).toBe(before)
  await at.mock.close()
})

it('the last token is spent, and free work goes on', async () => {
  const at = await poor()
  expect((await at.send(at.operation('public.upload'), { body: csv(LEFT) })).status).toBe(200)
  expect((await at.send(at.operation('billing.tokenStatus'))).body.data).toMatchObject({ balance: 0 })
  expect((await at.send(at.operation('reports.generate'), { body: { report_type: 'ai_readiness' } })).status).toBe(200)
  expect((await at.send(at.operation('public.upload'), { body: csv(LEFT) })).status).toBe(400)
  // A job fails over it, since starting one documents no failure.
  const { job_id } = (await at.send(at.operation('jobs.create'), { body: { file_ids: [102] } })).body.data
  await at.send(at.operation('jobs.start'), { path: { job_id } })
  await at.mock.advance(5_000)
  expect((await at.send(at.operation('jobs.get'), { path: { job_id } })).body.data).toMatchObject({ status: 'failed', error: expect.stringMatching(/^Not enough tokens/) })
  await at.mock.close()
})

it('a paid plan may overdraw by its allowance and not one token more', async () => {
  const at = await arena('orca')
  const state = structuredClone(await at.mock.snapshot())
  for (const [, row] of state.systems['orca']!.store.collections['billing']!) Object.assign(row, { plan: 'pro', balance: -4_999, allowance: 5_000, ai_tier: 'basic' })
  await at.mock.restore(state)
  expect((await at.send(at.operation('public.upload'), { body: csv(2) })).status).toBe(400)
  expect((await at.send(at.operation('public.upload'), { body: csv(1) })).status).toBe(200)
  expect((await at.send(at.operation('public.upload'), { body: csv(1) })).status).toBe(400)
  await at.mock.close()
})
