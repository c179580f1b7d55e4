import { createMock, type Mock, type MockOptions } from '../src/mock.js'

// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any

export const PASSWORD = 'correct horse battery staple'
export const CI = 'orb_ci_test_full_000000000000000000000000000000000'
export const AGENT_KEY = 'orb_test_agent_00000000000000000000000000000000'
export const id = (prefix: string, n: number): string => `${prefix}000000-0000-4000-8000-${String(n).padStart(12, '0')}`

export interface Answer {
  status: number
  headers: Headers
  body: Json
}

export interface Caller {
  headers: Record<string, string>
  (method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>
}

export function start(options: MockOptions = {}): Mock {
  return createMock({ systems: ['orbiter'], strict: true, clock: 'virtual', rateLimits: 'off', streamDelay: 0, ...options })
}

export function caller(mock: Mock, headers: Record<string, string> = {}): Caller {
  const call = async (method: string, path: string, body?: unknown, more: Record<string, string> = {}): Promise<Answer> => {
    const form = body instanceof FormData || typeof body === 'string'
    const response = await mock.fetch(mock.baseUrl('orbiter') + path, {
      method, headers: { ...headers, ...(body !== undefined && !(body instanceof FormData) && { 'content-type': 'application/json' }), ...more },
      ...(body !== undefined && { body: form ? (body as BodyInit) : JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text }
  }
  return Object.assign(call, { headers })
}

/** A session with its CSRF token. */
export async function signIn(mock: Mock, name = 'ada', more: Record<string, string> = {}): Promise<Caller> {
  const email = name === 'mallory' ? 'mallory@example.net' : `${name}@example.com`
  const login = await caller(mock, more)('POST', '/api/v1/auth/login', { email, password: PASSWORD })
  const cookie = login.headers.get('set-cookie')!.split(';')[0]!
  const { token } = (await caller(mock, { ...more, cookie })('GET', '/api/v1/auth/csrf')).body
  return caller(mock, { ...more, cookie, 'x-csrf-token': token })
}

export function fileForm(name: string, content: string | Uint8Array<ArrayBuffer>): FormData {
  const form = new FormData()
  form.append('file', new File([content], name))
  return form
}

export interface Story {
  frames: Json[]
  close: Json
  refused: number | undefined
}

/** A socket on a run: open, and what came until it closed. */
export function watch(mock: Mock, path: string, cookie?: string): { opened: Promise<void>; story: Promise<Story> } {
  const socket = mock.webSocket(mock.baseUrl('orbiter') + path, { headers: cookie === undefined ? {} : { cookie } })
  const frames: Json[] = []
  let refused: number | undefined
  const opened = new Promise<void>((resolve) => {
    socket.onopen = () => resolve()
  })
  const story = new Promise<Story>((resolve) => {
    socket.onmessage = ({ data }) => void frames.push(JSON.parse(String(data)))
    socket.onerror = ({ status }) => void (refused = status)
    socket.onclose = (close) => resolve({ frames, close, refused })
  })
  return { opened, story }
}
