/** A deep copy of plain JSON. `__proto__` is dropped, so no body can reach a prototype. */
export function copy<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(copy) as T
  const out: Record<string, unknown> = {}
  for (const key in value) {
    if (key === '__proto__' || value[key] === undefined) continue
    out[key] = copy(value[key])
  }
  return out as T
}

/** A deep copy without the internal members (those that begin with `_`): what an answer may show. */
export function publicCopy<T>(value: T): T {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(publicCopy) as T
  const out: Record<string, unknown> = {}
  for (const key in value) {
    if (key.charCodeAt(0) === 95 || value[key] === undefined) continue
    out[key] = publicCopy(value[key])
  }
  return out as T
}
