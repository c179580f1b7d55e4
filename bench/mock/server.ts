// A server to be measured, in a process of its own. `mock`: the reference server with all five systems loaded. `bare`: node:http that sends the bytes it is given.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createMock } from '@orkit/mock'

const SYSTEMS = ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'] as const

async function mock(): Promise<number> {
  // Counted as documented, with a figure that is not reached.
  const server = createMock({ rateLimits: 1_000_000_000 })
  for (const system of SYSTEMS) await server.fetch(`${server.baseUrl(system)}/nothing`)
  return (await server.listen()).port
}

function bare(answer: { headers: Record<string, string>; body: string }): Promise<number> {
  const server = createServer((_, response) => {
    response.writeHead(200, answer.headers)
    response.end(answer.body)
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)))
}

const [kind, answer] = process.argv.slice(2)
process.on('disconnect', () => process.exit(0))
process.send!(kind === 'mock' ? await mock() : await bare(JSON.parse(answer!)))
