import { createMock } from '../../src/mock.js'

// A server in a process of its own, so that a test can see that it stays up and how much memory it takes.
const mock = createMock({ strict: true, rateLimits: 'off', streamDelay: 0, send: false })
const { port } = await mock.listen({ timeouts: { headers: 900, request: 1_500 } })
process.on('message', () => {
  globalThis.gc?.()
  process.send!({ rss: process.memoryUsage().rss })
})
process.on('disconnect', () => process.exit(0))
process.send!({ port })
