import { crudFor, undeclared } from './crud.js'
import type { Behaviour, CollectionOptions, JobDefinition, SocketBehaviour, SystemDefinition, Task } from './definition.js'
import type { RouteOperation } from './document.js'
import { Router } from './route.js'

export interface Operation extends RouteOperation {
  readonly behave?: Behaviour
  readonly socket?: SocketBehaviour
  /** Where its answer comes from. */
  readonly source: 'behaviour' | 'crud' | 'socket'
  /** Media types of the documented success. */
  readonly offered: readonly string[]
}

/** A vendor's API, compiled and shared by every world. */
export interface System {
  readonly name: string
  readonly definition: SystemDefinition
  readonly router: Router<Operation>
  readonly operations: ReadonlyMap<string, Operation>
  readonly collections: Readonly<Record<string, CollectionOptions>>
  readonly jobs: Readonly<Record<string, JobDefinition>>
  readonly tasks: Readonly<Record<string, Task>>
}

/** Joins document, seed and behaviours. An operation that nothing answers is an error here, not at the first request. */
export function defineSystem(definition: SystemDefinition): System {
  const { document } = definition
  const parts = [definition, ...(definition.resources ?? [])]
  const behaviours = merge(parts.map((part) => part.behaviours), 'behaviour')
  const sockets = merge(parts.map((part) => part.sockets), 'socket')
  const declared = merge(parts.map((part) => part.collections), 'collection')
  const collections = { ...undeclared(document.routes, (id) => id in behaviours || id in sockets, declared), ...declared }
  const operations = new Map<string, Operation>()
  const unanswered: string[] = []
  for (const route of document.routes) {
    const socket = sockets[route.id]
    const behave = behaviours[route.id] ?? (socket ? undefined : crudFor(route, collections))
    if (!behave && !socket) unanswered.push(route.id)
    const source = behaviours[route.id] ? 'behaviour' : socket ? 'socket' : 'crud'
    operations.set(route.id, { ...route, ...(behave && { behave }), ...(socket && { socket }), source, offered: Object.keys(route.responses[route.success]?.content ?? {}) })
  }
  if (unanswered.length > 0) throw new Error(`${document.name}: no behaviour and no collection answers ${unanswered.join(', ')}: write them in packages/mock/src/systems/${document.system}`)
  const unknown = [...Object.keys(behaviours), ...Object.keys(sockets)].filter((id) => !operations.has(id))
  if (unknown.length > 0) throw new Error(`${document.name}: the document has no operation ${unknown.join(', ')}`)
  return {
    name: document.system,
    definition,
    router: new Router([...operations.values()]),
    operations,
    collections,
    jobs: merge(parts.map((part) => part.jobs), 'job'),
    tasks: merge(parts.map((part) => part.tasks), 'task'),
  }
}

function merge<T>(parts: readonly (Readonly<Record<string, T>> | undefined)[], what: string): Record<string, T> {
  const out: Record<string, T> = {}
  for (const part of parts) {
    for (const [name, value] of Object.entries(part ?? {})) {
      if (name in out) throw new Error(`Two definitions of the ${what} ${name}`)
      out[name] = value
    }
  }
  return out
}
