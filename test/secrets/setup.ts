import { afterAll, afterEach, expect, vi } from 'vitest'
import { watchChildren } from './children.js'
import { findLeaks, learn, noteError, record, show, showErrors } from './record.js'
import { learnAnswer, learnSeeds } from './sources.js'

/**
 * For every test file of every project: each secret that a client learns, that the seeds hold and that the reference server hands out is remembered; each log line of each
 * client (all levels, whatever the test asked for), each line on the console and on stderr, in this process and in those that it starts, and each error of ours is kept; and
 * at the end none of the latter may hold one of the former.
 */

vi.mock('../../packages/sdk/src/core/redact.js', async (original) => {
  const real = await original<typeof import('../../packages/sdk/src/core/redact.js')>()
  return {
    ...real,
    createRedactor: (...given: Parameters<typeof real.createRedactor>) => {
      const redactor = real.createRedactor(...given)
      return {
        ...redactor,
        learn: (secret: string | undefined) => {
          learn(secret)
          redactor.learn(secret)
        },
      }
    },
  }
})

vi.mock('../../packages/sdk/src/core/log.js', async (original) => {
  const real = await original<typeof import('../../packages/sdk/src/core/log.js')>()
  return {
    ...real,
    createLog: (...options: Parameters<typeof real.createLog>) => {
      const log = real.createLog(...options)
      return { enabled: () => true, write: (...line: Parameters<typeof log.write>) => { show('log', ...line); if (log.enabled(line[0])) log.write(...line) } }
    },
  }
})

vi.mock('../../packages/sdk/src/core/errors/base.js', async (original) => {
  const real = await original<typeof import('../../packages/sdk/src/core/errors/base.js')>()
  return { ...real, hide: (error: object, name: string, value: unknown) => { noteError(error); real.hide(error, name, value) } }
})

vi.mock('../../packages/mock/src/kernel/pipeline.js', async (original) => {
  const real = await original<typeof import('../../packages/mock/src/kernel/pipeline.js')>()
  return {
    ...real,
    handle: (...given: Parameters<typeof real.handle>) => {
      const note = (reply: Awaited<ReturnType<typeof real.handle>>) => {
        if (!reply.raw) learnAnswer(given[1].system.name, reply.status, reply.headers, reply.body)
        return reply
      }
      const reply = real.handle(...given)
      return reply instanceof Promise ? reply.then(note) : note(reply)
    },
  }
})

learnSeeds()
watchChildren()
for (const level of ['debug', 'info', 'log', 'warn', 'error'] as const) {
  const write = console[level].bind(console)
  console[level] = (...values: unknown[]) => { show('console', ...values); write(...values) }
}
const write = process.stderr.write.bind(process.stderr)
process.stderr.write = ((chunk: string | Uint8Array, ...rest: []) => {
  show('stderr', typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'))
  return write(chunk, ...rest)
}) as typeof process.stderr.write

afterEach(showErrors)
afterAll(() => { expect(findLeaks(record), 'secrets in log lines, errors or stderr').toEqual([]) })
