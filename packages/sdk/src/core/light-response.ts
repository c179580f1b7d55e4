interface Source {
  readonly status: number
  readonly statusText: string
  readonly headers: Headers | Readonly<Record<string, string>>
  readonly url: string
}

/** A response whose text is here already, for code that expects to read one. */
export function lightResponse({ status, statusText, headers, url }: Source, text: string): Response {
  const body = status === 204 || status === 205 || status === 304 ? null : text
  const response = new Response(body, { status, statusText, headers: plain(headers) })
  Object.defineProperty(response, 'url', { value: url })
  return response
}

/** The text is decoded: what the wire said about its form no longer holds. */
function plain(headers: Source['headers']): Headers {
  const copy = new Headers()
  if (typeof (headers as Headers).forEach === 'function') (headers as Headers).forEach((value, name) => copy.append(name, value))
  else for (const [name, value] of Object.entries(headers)) copy.append(name, value)
  for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) copy.delete(name)
  return copy
}
