import { afterAll, afterEach, expect, vi } from 'vitest'
import { findLeaks, noteError, record, show, showErrors } from './record.js'

/**
 * For every test file of the SDK: each secret that a client learns is remembered, each log line of each client (all levels, whatever the test asked for), each line on the
 * console and each error of ours is kept, and at the end none of the latter may hold one of the former.
 */

vi.mock('../../src/core/redact.js', async (original) => {
  const real = await original<typeof import('../../src/core/redact.js')>()
  return {
    ...real,
    createRedactor: (prefixes?: readonly string[]) => {
      const redactor = real.createRedactor(prefixes)
      return {
        ...redactor,
        learn: (secret: string | undefined) => {
          if (secret !== undefined && secret.length >= 6) record.secrets.add(secret)
          redactor.learn(secret)
        },
      }
    },
  }
})

vi.mock('../../src/core/log.js', async (original) => {
  const real = await original<typeof import('../../src/core/log.js')>()
  return {
    ...real,
    createLog: (...options: Parameters<typeof real.createLog>) => {
      const log = real.createLog(...options)
      return { enabled: () => true, write: (...line: Parameters<typeof log.write>) => { show('log', ...line); log.write(...line) } }
    },
  }
})

vi.mock('../../src/core/errors/base.js', async (original) => {
  const real = await original<typeof import('../../src/core/errors/base.js')>()
  return { ...real, hide: (error: object, name: string, value: unknown) => { noteError(error); real.hide(error, name, value) } }
})

for (const level of ['debug', 'info', 'log', 'warn', 'error'] as const) {
  const write = console[level].bind(console)
  console[level] = (...values: unknown[]) => { show('console', ...values); write(...values) }
}

afterEach(showErrors)
afterAll(() => { expect(findLeaks(record), 'secrets in log lines or errors').toEqual([]) })
