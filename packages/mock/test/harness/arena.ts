import type { Operation } from '../../src/kernel/system.js'
import { createMock, type Mock, type MockOptions } from '../../src/mock.js'
import { SYSTEM_NAMES, SYSTEMS, type SystemName } from '../../src/systems/index.js'
import { sha256Hex } from '../../src/world/hash.js'
import type { Snapshot } from '../../src/world/snapshot.js'
import { accounts, type Credentials, type Headers, type Who } from './accounts.js'
import { documentOf, type Json } from './documents.js'
import { exampleRequest, type Given } from './requests.js'

export interface Answer {
  status: number
  headers: globalThis.Headers
  /** Parsed where it is JSON. */
  body: Json
  text: string
}

/** One system, strict, on a clock that stands still, with both organisations signed in. */
export interface Arena {
  system: SystemName
  mock: Mock
  document: Json
  operations: readonly Operation[]
  operation(id: string): Operation
  who: Readonly<Record<Who, Credentials>>
  /** Headers that sign an operation in; none where it needs none. */
  auth(operation: Operation, who?: Who): Headers
  /** The operation with the document's examples and what is given, signed in unless `signed` says how. */
  send(operation: Operation, given?: Given, signed?: Headers | Who): Promise<Answer>
  /** A request by hand, from the vendor's root. */
  call(method: string, path: string, headers?: Headers, body?: BodyInit | Json): Promise<Answer>
  /** Back to the moment after signing in. */
  fresh(): Promise<void>
  /** The hash of what is stored: equal, so nothing was changed. */
  stored(): Promise<string>
}

export { SYSTEM_NAMES }

export async function arena(system: SystemName, options: MockOptions = {}): Promise<Arena> {
  const mock = createMock({ systems: [system], strict: true, clock: 'virtual', rateLimits: 'off', streamDelay: 0, send: false, ...options })
  const compiled = await SYSTEMS[system].load()
  const document = documentOf(system)
  mock.world().system(compiled)
  const root = mock.baseUrl(system).slice(0, -SYSTEMS[system].basePath.length || undefined)
  const who = { main: await accounts[system](mock, 'main'), other: await accounts[system](mock, 'other') }
  const start: Snapshot = structuredClone(await mock.snapshot())
  const auth = (operation: Operation, as: Who = 'main'): Headers => {
    const scheme = Object.keys(operation.security[0] ?? {})[0]
    return scheme === undefined ? {} : (who[as][scheme] ?? {})
  }
  const call: Arena['call'] = async (method, path, headers = {}, body) => {
    const json = body !== undefined && (body === null || (typeof body === 'object' && !(body instanceof FormData || body instanceof Uint8Array || body instanceof ReadableStream)))
    return read(await mock.fetch(root + path, { method, headers: { ...(json && { 'content-type': 'application/json' }), ...headers }, ...(body !== undefined && { body: json ? JSON.stringify(body) : body }) }))
  }
  return {
    system, mock, document, who, auth, call,
    operations: [...compiled.operations.values()],
    operation(id) {
      const found = compiled.operations.get(id)
      if (!found) throw new Error(`${system} has no operation ${id}`)
      return found
    },
    async send(operation, given, signed = 'main') {
      const { url, init } = exampleRequest(document, operation, given)
      const headers = typeof signed === 'string' ? auth(operation, signed) : signed
      return read(await mock.fetch(root + url, { ...init, headers: { ...headers, ...init.headers } }))
    },
    fresh: () => mock.restore(structuredClone(start)),
    async stored() {
      return sha256Hex(JSON.stringify((await mock.snapshot()).systems[system]!.store))
    },
  }
}

export async function read(response: Response): Promise<Answer> {
  const text = await response.text()
  const isJson = text !== '' && /^application\/json\b/.test(response.headers.get('content-type') ?? '')
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined }
}
