import type { Operation } from '../src/kernel/system.js'
import type { Mock } from '../src/mock.js'
import { SYSTEMS, type SystemName } from '../src/systems/index.js'
import { documentOf } from './harness/documents.js'
import { exampleRequest, type Given } from './harness/requests.js'

export interface Step {
  id: string
  status: number
  expected: number
  /** The beginning of the answer. */
  body: string
  contentType: string
}

export interface WalkOptions {
  /** Headers that sign an operation in. Called once an operation, in its own fresh world. */
  auth(request: { operation: Operation; world: string }): Promise<Record<string, string>> | Record<string, string>
  /** What an operation needs before it can succeed, or other input than the document's examples. */
  prepare?: Record<string, (at: { call(method: string, path: string, body?: unknown): Promise<Response> }) => Promise<Given> | Given>
}

/** Calls every operation of a system with the examples of its document, each in a fresh world. Sockets are left out. */
export async function walk(mock: Mock, system: SystemName, options: WalkOptions): Promise<Step[]> {
  const document = documentOf(system)
  const compiled = await SYSTEMS[system].load()
  const steps: Step[] = []
  for (const operation of compiled.operations.values()) {
    if (operation.stream?.kind === 'websocket') continue
    const world = `walk-${operation.id}`
    const auth = operation.security.length === 0 ? {} : await options.auth({ operation, world })
    const root = mock.baseUrl(system).slice(0, -SYSTEMS[system].basePath.length || undefined)
    const call = (method: string, path: string, body?: unknown) => mock.fetch(root + SYSTEMS[system].basePath + path, {
      method, headers: { ...auth, 'x-mock-world': world, ...(body !== undefined && { 'content-type': 'application/json' }) }, ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const given = (await options.prepare?.[operation.id]?.({ call })) ?? {}
    const { url, init } = exampleRequest(document, operation, given)
    const response = await mock.fetch(root + url, { ...init, headers: { ...auth, ...init.headers, 'x-mock-world': world } })
    const body = await response.text()
    steps.push({ id: operation.id, status: response.status, expected: operation.success, body: body.slice(0, 600), contentType: response.headers.get('content-type') ?? '' })
  }
  return steps
}
