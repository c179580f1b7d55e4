import type { MockRequest } from '../../kernel/request.js'

/** Headers that belong to one connection, not to the message. */
const HOP = new Set(['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'host', 'content-length', 'expect', 'accept-encoding', 'x-mock-token'])

/** Sends a request on as it came. Redirects are handed back, not followed: a credential goes to the target and nowhere else. */
export async function forward(request: MockRequest, url: string, signal: AbortSignal): Promise<Response> {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) if (!HOP.has(name)) headers.set(name, value)
  // What comes back is read here; compressed bytes would have to be unpacked first.
  headers.set('accept-encoding', 'identity')
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
