/** The value at a JSON pointer, or `undefined`. */
export function getAt(value: unknown, pointer: string): unknown {
  let current = value
  for (const key of tokens(pointer)) {
    if (current === null || typeof current !== 'object') return undefined
    current = (current as Record<string, unknown>)[key]
  }
  return current
}

/** `target` with `value` at the pointer; makes the objects on the way. The empty pointer replaces everything. */
export function setAt(target: unknown, pointer: string, value: unknown): unknown {
  const path = tokens(pointer)
  if (path.length === 0) return value
  const root = (target !== null && typeof target === 'object' ? target : {}) as Record<string, unknown>
  let current = root
  for (const key of path.slice(0, -1)) {
    const next = current[key]
    current = (next !== null && typeof next === 'object' ? next : (current[key] = {})) as Record<string, unknown>
  }
  current[path.at(-1)!] = value
  return root
}

const cache = new Map<string, readonly string[]>()

function tokens(pointer: string): readonly string[] {
  let path = cache.get(pointer)
  if (!path) {
    path = pointer === '' ? [] : pointer.slice(1).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    if (cache.size < 2_000) cache.set(pointer, path)
  }
  return path
}
