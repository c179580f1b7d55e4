import { describe, expect, it } from 'vitest'
import { walk } from '../../../test/walk.js'
import { createMock } from '../../mock.js'

const KEY = { 'X-API-Key': 'oak_test_full_access_0000000000000000' }

describe('every operation', () => {
  it('answers its documented success, as the document describes it', async () => {
    const mock = createMock({ strict: true, systems: ['orckai'], jobDuration: 'manual', streamDelay: 0 })
    const steps = await walk(mock, 'orckai', {
      auth: () => KEY,
      prepare: {
        'workflows.executions.cancel': async ({ call }) => {
          const started = await call('POST', '/workflows/b2c3d4e5-0000-4000-8000-000000000001/execute', { input: {} })
          return { path: { id: ((await started.json()) as { executionId: string }).executionId } }
        },
      },
    })
    expect(steps.filter((step) => step.status !== step.expected)).toEqual([])
    expect(steps).toHaveLength(42)
  })
})
