import { http, HttpResponse, type RequestHandler, type WebSocketHandler, type WebSocketHandlerConnection, ws } from 'msw'
import { chain } from '../kernel/later.js'
import type { Reply } from '../kernel/reply.js'
import type { SystemName } from '../systems/index.js'
import { createFetch, isBroken } from './fetch.js'
import type { Gateway } from './gateway.js'
import { ClientSocket, connect } from './web-socket.js'

/** The session as the page's cookies tell it: a socket's handshake carries them too, and msw shows them for requests only. */
interface Session {
  cookie?: string | undefined
}

/** One catch-all handler for requests under an address and one for sockets: three hundred handlers would cost fifteen times as much a call. */
export function mswHandlers(gateway: Gateway, address: string, single?: SystemName): (RequestHandler | WebSocketHandler)[] {
  const everything = `${address.replace(/\/$/, '')}/*`
  const session: Session = {}
  return [
    http.all(everything, ({ request, cookies }) => answer(gateway, single, session, request, cookies)),
    ws.link(everything.replace(/^http/, 'ws')).addEventListener('connection', ({ client }) => serve(gateway, single, session, client)),
  ]
}

async function answer(gateway: Gateway, single: SystemName | undefined, session: Session, request: Request, cookies: Record<string, string>): Promise<Response> {
  let reply: Reply | undefined
  const ask = createFetch((asked) => chain(gateway.respond(asked, undefined, single), (given) => (reply = given)))
  try {
    const response = await ask(request.url, { method: request.method, headers: headersOf(request, cookies, session), body: await bodyOf(request), signal: request.signal })
    return keepingCookies(response, reply, session)
  } catch (error) {
    if (!isBroken(error)) throw error
    // Thrown, it would become an answer with status 500.
    return HttpResponse.error()
  }
}

/** A browser shows no cookie to a service worker: those of the page are msw's to tell. */
function headersOf(request: Request, cookies: Record<string, string>, session: Session): Record<string, string> {
  const headers = Object.fromEntries(request.headers)
  if (headers['cookie'] !== undefined) return headers
  const pairs = Object.entries(cookies).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  if (pairs.length > 0) headers['cookie'] = session.cookie = pairs.join('; ')
  return headers
}

/** What came through a worker has a body where none was sent: an empty one. */
async function bodyOf(request: Request): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (request.method === 'GET' || request.method === 'HEAD') return undefined
  const bytes = new Uint8Array(await request.arrayBuffer())
  return bytes.length > 0 ? bytes : undefined
}

/** A browser takes Set-Cookie out of a Response made by hand: msw keeps cookies itself, out of a response of its own. */
function keepingCookies(response: Response, reply: Reply | undefined, session: Session): Response {
  const cookie = reply?.headers['set-cookie']
  if (cookie === undefined || response.headers.has('set-cookie')) return response
  const lines = [cookie].flat()
  const headers = new Headers(response.headers)
  for (const line of lines) headers.append('set-cookie', line)
  session.cookie = lines.map((line) => line.split(';')[0]).join('; ')
  return new HttpResponse(response.body, { status: response.status, headers })
}

/** RFC 6455: closed without a goodbye. */
const ABNORMAL = 1006

/** Carries a socket between the page and the server. A refused handshake is a socket that breaks at once. */
function serve(gateway: Gateway, single: SystemName | undefined, session: Session, client: WebSocketHandlerConnection['client']): void {
  const served = connect(gateway, client.url, { ...(session.cookie !== undefined && { headers: { cookie: session.cookie } }) }, single)
  const early: unknown[] = []
  client.addEventListener('message', ({ data }) => void (served.readyState === ClientSocket.OPEN ? served.send(data as string) : early.push(data)))
  client.addEventListener('close', ({ code, reason }) => served.close(code, reason))
  served.onopen = () => early.splice(0).forEach((data) => served.send(data as string))
  served.onmessage = ({ data }) => client.send(String(data))
  served.onerror = () => client.close(ABNORMAL)
  // msw delivers a message a turn later, and none once it closes: the last one would be lost.
  served.onclose = ({ code, reason }) => void setTimeout(() => client.close(code, reason))
}
