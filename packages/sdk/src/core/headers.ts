/** Reading the headers of answers. */
export interface HeaderReader { get(name: string): string | null }

export function requestIdOf(headers: HeaderReader): string | undefined {
  return headers.get('x-request-id') ?? headers.get('request-id') ?? undefined
}

/** A header that is a whole number. */
export function countIn(headers: HeaderReader, name: string | undefined): number | undefined {
  const value = name === undefined ? null : headers.get(name)
  return value !== null && /^\s*\d+\s*$/.test(value) ? Number(value) : undefined
}
