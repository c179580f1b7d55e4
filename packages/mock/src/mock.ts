import { createMockOn, type Mock, type MockOptions } from './create.js'
import { nodeHost } from './hosts/node-host.js'

/** The reference server, in this process. Nothing is loaded or opened before it is asked for. */
export function createMock(options: MockOptions = {}): Mock {
  return createMockOn(nodeHost, options)
}

export type { Listening, Mock, MockOptions } from './create.js'
