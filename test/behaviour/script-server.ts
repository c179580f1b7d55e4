import { json, serve, type Handler, type TestServer } from '../../packages/sdk/test/fixture/server.js'

export { fail, json, until } from '../../packages/sdk/test/fixture/server.js'
export type { Handler, TestServer } from '../../packages/sdk/test/fixture/server.js'

export interface Script {
  readonly url: string
  readonly raw: TestServer
  /** What was asked for, without signing in. */
  asked(): TestServer['seen']
  readonly at: number[]
  close(): Promise<void>
}

const SIGN_IN = /\/auth\/(login|csrf)$/

/** A scripted server that lets everybody sign in, so that probes count only what they ask for. */
export async function script(handler: Handler): Promise<Script> {
  const at: number[] = []
  const raw = await serve((request, response) => {
    if (request.url.endsWith('/auth/login')) return json(response, 200, { id: 'u' }, { 'set-cookie': 'orbiter_session=abc; HttpOnly; Path=/' })
    if (request.url.endsWith('/auth/csrf')) return json(response, 200, { token: 'csrf' })
    at.push(performance.now())
    return handler(request, response, at.length - 1)
  })
  return { url: raw.url, raw, at, asked: () => raw.seen.filter((each) => !SIGN_IN.test(each.url)), close: raw.close }
}
