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
    const decoded: string[] = []
    for (const segment of segments) {
      const text = decode(segment)
      if (text === undefined) return { kind: 'malformed' }
      decoded.push(text)
    }
    const allow = new Set<string>()
    const found = walk(this.root, decoded, 0, method, [], allow)
    if (found) return found
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

function walk<T>(at: Node<T>, segments: readonly string[], i: number, method: string, values: readonly (readonly [string, string])[], allow: Set<string>): Match<T> | undefined {
  if (i === segments.length) {
    const route = at.methods.get(method) ?? (method === 'HEAD' ? at.methods.get('GET') : undefined)
    if (route) return { kind: 'found', route, path: Object.fromEntries(values) }
    for (const name of at.methods.keys()) allow.add(name)
    return undefined
  }
  const segment = segments[i]!
  const literal = at.literal.get(segment)
  if (literal) {
    const found = walk(literal, segments, i + 1, method, values, allow)
    if (found) return found
  }
  for (const template of at.templates) {
    const captured = capture(template, segment)
    if (!captured) continue
    const found = walk(template.node, segments, i + 1, method, [...values, ...captured], allow)
    if (found) return found
  }
  return undefined
}

/** Values of a segment such as `report-{id}.{format}`, anchored at both ends, in linear time: each parameter ends at the next literal. */
function capture<T>({ literals, names }: Template<T>, segment: string): [string, string][] | undefined {
  const head = literals[0]!
  const tail = literals.at(-1)!
  if (!segment.startsWith(head) || !segment.endsWith(tail) || segment.length < head.length + tail.length + names.length) return undefined
  const end = segment.length - tail.length
  const values: [string, string][] = []
  let from = head.length
  for (let k = 0; k < names.length; k++) {
    const until = k === names.length - 1 ? end : segment.indexOf(literals[k + 1]!, from + 1)
    if (until < 0 || until > end || until <= from) return undefined
    values.push([names[k]!, segment.slice(from, until)])
    from = until + literals[k + 1]!.length
  }
  return values
}
