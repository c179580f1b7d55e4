/** JSON pointers into bodies that may be anything. Only own members are followed, so that `__proto__` leads nowhere. */

/** The value that a JSON pointer leads to; undefined when it leads nowhere. The empty pointer is the whole. Only own members are followed. */
export function at(value: unknown, pointer: string): unknown {
  if (pointer === '') return value
  let current = value
  for (const name of segments(pointer)) {
    if (!has(current, name)) return undefined
    current = current[name]
  }
  return current
}

/** `at` for a pointer that is used again and again. */
export function reader(pointer: string): (value: unknown) => unknown {
  const [name, ...more] = segments(pointer)
  if (pointer === '' || name === undefined || more.length > 0) return (value) => at(value, pointer)
  // Most names are not among those that every object inherits: there is nothing to look out for.
  if (name in Object.prototype) return (value) => (has(value, name) ? value[name] : undefined)
  return (value) => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined)
}

/** Every value that the pointer reaches; `*` stands for each member of an array. */
export function all(value: unknown, pointer: string): unknown[] {
  let found = [value]
  if (pointer === '') return found
  for (const name of segments(pointer)) {
    found = found.flatMap((each) => {
      if (name === '*') return Array.isArray(each) ? each : []
      return has(each, name) ? [each[name]] : []
    })
  }
  return found
}

/** Whether it is an object with members: neither null nor an array. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Pointers come from the documents: there are few, and each is taken apart once. */
const known = /* @__PURE__ */ new Map<string, readonly string[]>()

function segments(pointer: string): readonly string[] {
  let names = known.get(pointer)
  if (names === undefined) known.set(pointer, names = pointer.slice(1).split('/').map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~')))
  return names
}

function has(value: unknown, name: string): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
}
