/** Finds the operation of a request: a tree of path segments, where a literal always beats a template whatever the order of the document. */

export interface Routable {
  readonly method: string
  readonly path: string
}

export interface Match<T> {
  readonly kind: 'found'
  readonly route: T
  readonly path: Record<string, string>
}

export type RouteResult<T> = Match<T> | { readonly kind: 'missing' } | { readonly kind: 'malformed' } | { readonly kind: 'method'; readonly allow: readonly string[] }

interface Template<T> {
  /** Literal text between the parameters; one more than there are names. */
  readonly literals: readonly string[]
  readonly names: readonly string[]
  readonly node: Node<T>
}

interface Node<T> {
  readonly literal: Map<string, Node<T>>
  readonly templates: Template<T>[]
  readonly methods: Map<string, T>
}

export class Router<T extends Routable> {
  private readonly root: Node<T> = node()

  constructor(routes: readonly T[]) {
    for (const route of routes) this.add(route)
  }

  /** `pathname` as it stands in the URL, still percent-encoded. */
  match(method: string, pathname: string): RouteResult<T> {
    const segments = split(pathname)
    if (pathname.includes('%')) {
      for (let i = 0; i < segments.length; i++) {
        const text = decode(segments[i]!)
        if (text === undefined) return { kind: 'malformed' }
        segments[i] = text
      }
    }
    const found = walk(this.root, segments, 0, [], method)
    if (found) return found
    const allow = new Set<string>()
    walk(this.root, segments, 0, [], allow)
    if (allow.size === 0) return { kind: 'missing' }
    if (allow.has('GET')) allow.add('HEAD')
    allow.add('OPTIONS')
    return { kind: 'method', allow: [...allow].toSorted() }
  }

  private add(route: T): void {
    let current = this.root
    for (const segment of split(route.path)) {
      if (!segment.includes('{')) {
        const text = decode(segment) ?? segment
        let next = current.literal.get(text)
        if (!next) current.literal.set(text, (next = node()))
        current = next
        continue
      }
      const literals = segment.split(/\{[^}]*\}/)
      const names = [...segment.matchAll(/\{([^}]*)\}/g)].map((m) => m[1]!)
      const same = current.templates.find((t) => t.literals.join('\0') === literals.join('\0') && t.names.join('\0') === names.join('\0'))
      if (same) {
        current = same.node
        continue
      }
      const template = { literals, names, node: node<T>() }
      current.templates.push(template)
      // More literal text is more specific.
      current.templates.sort((a, b) => b.literals.join('').length - a.literals.join('').length)
      current = template.node
    }
    const method = route.method.toUpperCase()
    if (current.methods.has(method)) throw new Error(`Two operations for ${method} ${route.path}`)
    current.methods.set(method, route)
  }
}

function node<T>(): Node<T> {
  return { literal: new Map(), templates: [], methods: new Map() }
}

/** Segments of a path. Empty ones count: `//` and a trailing slash are other paths. */
function split(path: string): string[] {
  return path.split('/').slice(1)
}

function decode(segment: string): string | undefined {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return undefined
  }
}

/** Goes down the tree; `values` holds names and values of parameters in turn. Instead of a method, a set takes all that the path has. */
function walk<T>(at: Node<T>, segments: readonly string[], i: number, values: string[], method: string | Set<string>): Match<T> | undefined {
  if (i === segments.length) {
    if (typeof method !== 'string') {
      for (const name of at.methods.keys()) method.add(name)
      return undefined
    }
    const route = at.methods.get(method) ?? (method === 'HEAD' ? at.methods.get('GET') : undefined)
    return route && { kind: 'found', route, path: record(values) }
  }
  const segment = segments[i]!
  const literal = at.literal.get(segment)
  const found = literal && walk(literal, segments, i + 1, values, method)
  if (found) return found
  for (const template of at.templates) {
    const before = values.length
    if (capture(template, segment, values)) {
      const deeper = walk(template.node, segments, i + 1, values, method)
      if (deeper) return deeper
    }
    values.length = before
  }
  return undefined
}

function record(values: readonly string[]): Record<string, string> {
  const path: Record<string, string> = {}
  for (let i = 0; i < values.length; i += 2) path[values[i]!] = values[i + 1]!
  return path
}

/** Adds the values of a segment such as `report-{id}.{format}`, anchored at both ends, in linear time: each parameter ends at the next literal. */
function capture<T>({ literals, names }: Template<T>, segment: string, values: string[]): boolean {
  const head = literals[0]!
  const tail = literals.at(-1)!
  if (!segment.startsWith(head) || !segment.endsWith(tail) || segment.length < head.length + tail.length + names.length) return false
  const end = segment.length - tail.length
  let from = head.length
  for (let k = 0; k < names.length; k++) {
    const until = k === names.length - 1 ? end : segment.indexOf(literals[k + 1]!, from + 1)
    if (until < 0 || until > end || until <= from) return false
    values.push(names[k]!, segment.slice(from, until))
    from = until + literals[k + 1]!.length
  }
  return true
}
