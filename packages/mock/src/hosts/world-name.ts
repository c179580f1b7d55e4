/** Headers that carry a key. */
const CARRIERS = ['x-api-key', 'authorization'] as const
const BEHIND_A_KEY = /~([\w.-]{1,64})$/

/** The world that a request asks for: by the header `X-Mock-World`, or, for clients that can set a key but no header of their own, behind the key: `<key>~<world>`. The key is left as the vendor's. */
export function worldName(headers: Record<string, string>): string {
  let name: string | undefined
  for (const carrier of CARRIERS) {
    const value = headers[carrier]
    if (value === undefined || !value.includes('~')) continue
    const [suffix, world] = BEHIND_A_KEY.exec(value) ?? []
    if (suffix === undefined) continue
    headers[carrier] = value.slice(0, -suffix.length)
    name ??= world
  }
  return headers['x-mock-world'] ?? name ?? ''
}
