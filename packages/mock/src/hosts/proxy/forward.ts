import type { MockRequest } from '../../kernel/request.js'

/** Headers that belong to one connection, not to the message. */
export const HOP: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'host', 'content-length', 'expect', 'accept-encoding', 'x-mock-token'])

/** The headers of a request that go on to the target. */
export function headersOn(request: MockRequest, without: ReadonlySet<string> = HOP): Record<string, string> {
  return Object.fromEntries(Object.entries(request.headers).filter(([name]) => !without.has(name)))
}

/** Sends a request on as it came. Redirects are handed back, not followed: a credential goes to the target and nowhere else. */
export async function forward(request: MockRequest, url: string, signal: AbortSignal): Promise<Response> {
  // What comes back is read here; compressed bytes would have to be unpacked first.
  const headers = { ...headersOn(request), 'accept-encoding': 'identity' }
  const body = request.method === 'GET' || request.method === 'HEAD' ? undefined : await request.body()
  return fetch(url, { method: request.method, headers, redirect: 'manual', signal, ...(body !== undefined && body.length > 0 && { body: body as BodyInit }) })
}

export function headersBack(response: Response): Record<string, string | string[]> {
  const out: Record<string, string | string[]> = {}
  for (const [name, value] of response.headers) if (!HOP.has(name) && name !== 'content-encoding') out[name] = value
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) out['set-cookie'] = cookies
  return out
}
