import { createFetch } from '../src/hosts/fetch.js'
import type { SystemDefinition } from '../src/kernel/definition.js'
import type { RouteDocument, RouteOperation } from '../src/kernel/document.js'
import type { Profile } from '../src/kernel/profile.js'
import { defineSystem, type System } from '../src/kernel/system.js'
import type { Validate } from '../src/kernel/validator.js'
import { DEFAULTS, type WorldOptions } from '../src/world/options.js'
import { World } from '../src/world/world.js'
import { handle } from '../src/kernel/pipeline.js'

/** A validator by hand: the issues that `check` finds. */
export function validator(check: (data: never) => { path?: string; keyword: string; message: string; params?: Record<string, unknown> }[]): Validate {
  const validate: Validate = (data) => {
    const issues = check(data as never)
    validate.errors = issues.map(({ path = '', keyword, message, params = {} }) => ({ instancePath: path, keyword, message, params }))
    return issues.length === 0
  }
  return validate
}

export const anything = validator(() => [])

export const named = validator((data: { name?: unknown }) =>
  typeof data !== 'object' || data === null ? [{ keyword: 'type', message: 'must be object', params: { type: 'object' } }]
  : data.name === undefined ? [{ keyword: 'required', message: "must have required property 'name'", params: { missingProperty: 'name' } }]
  : typeof data.name !== 'string' ? [{ path: '/name', keyword: 'type', message: 'must be string', params: { type: 'string' } }] : [])

const integer = (minimum: number, maximum = Number.MAX_SAFE_INTEGER) => validator((data: unknown) =>
  typeof data !== 'number' || !Number.isInteger(data) ? [{ keyword: 'type', message: 'must be integer', params: { type: 'integer' } }]
  : data < minimum || data > maximum ? [{ keyword: 'minimum', message: `must be between ${minimum} and ${maximum}` }] : [])

export function operation(id: string, method: string, path: string, more: Partial<RouteOperation> = {}): RouteOperation {
  const success = more.success ?? (method === 'POST' ? 201 : 200)
  const json = { content: { 'application/json': anything } }
  return { id, method, path, security: [{ key: [] }], category: 'standard', parameters: [], success, ...more, responses: { [success]: json, 400: json, 401: json, 403: json, 404: json, 429: json, 500: json, ...more.responses } }
}

const limit = { name: 'limit', in: 'query', type: 'integer', validate: integer(1, 100) } as const
const cursor = { name: 'cursor', in: 'query', type: 'string', validate: anything } as const

export const document: RouteDocument = {
  system: 'fixture',
  name: 'Fixture',
  basePath: '',
  schemes: {
    key: { strategy: 'apiKey', in: 'header', name: 'X-API-Key' },
    token: { strategy: 'jwt', in: 'header', name: 'Authorization' },
    session: { strategy: 'session', in: 'cookie', name: 'sid' },
  },
  csrf: { scheme: 'session', header: 'X-CSRF-Token', methods: ['POST', 'PUT', 'DELETE'] },
  payload: '/data',
  constants: { ok: true },
  rateLimits: {
    headers: { limit: 'X-RateLimit-Limit', remaining: 'X-RateLimit-Remaining', reset: 'X-RateLimit-Reset', resetUnit: 'epochSeconds', retryAfter: 'Retry-After' },
    default: 'standard',
    categories: { standard: { key: 'credential', windows: [{ requests: 5, seconds: 60 }, { requests: 8, seconds: 3600 }], concurrent: 2 }, login: { key: 'ip', windows: [{ requests: 3, seconds: 60 }] } },
  },
  routes: [
    operation('items.list', 'GET', '/items', { wrapped: true, parameters: [limit, cursor, { name: 'color', in: 'query', type: 'string', validate: anything }], pagination: { style: 'cursor', items: '/data', limit: 'limit', position: 'cursor', next: '/next', hasMore: '/more', total: '/total', defaultLimit: 2 } }),
    operation('items.create', 'POST', '/items', { wrapped: true, body: { required: true, content: { 'application/json': named } } }),
    operation('items.get', 'GET', '/items/{id}', { wrapped: true }),
    operation('items.update', 'PUT', '/items/{id}', { wrapped: true, body: { required: true, content: { 'application/json': anything } } }),
    operation('items.delete', 'DELETE', '/items/{id}', { success: 204, responses: { 204: {} } }),
    operation('items.mine', 'GET', '/items/mine', { security: [{ key: ['items:admin'] }] }),
    operation('pages.list', 'GET', '/pages', { parameters: [limit, { name: 'offset', in: 'query', type: 'integer', validate: integer(0) }], pagination: { style: 'offset', items: '', limit: 'limit', position: 'offset' } }),
    operation('files.upload', 'POST', '/files', { body: { content: { 'multipart/form-data': anything }, files: ['file'] } }),
    operation('auth.login', 'POST', '/login', { security: [], category: 'login', body: { required: true, content: { 'application/json': anything } }, success: 200 }),
    operation('auth.refresh', 'POST', '/refresh', { security: [], category: 'login', body: { required: true, content: { 'application/json': anything } }, success: 200 }),
    operation('auth.me', 'GET', '/me', { security: [{ token: [] }, { session: [] }] }),
    operation('auth.touch', 'POST', '/touch', { security: [{ session: [] }], success: 200 }),
    operation('hooks.fire', 'POST', '/hooks', { body: { required: true, content: { 'application/json': anything } } }),
    operation('wrong.answer', 'GET', '/wrong'),
    operation('wrong.status', 'GET', '/wrong-status'),
    operation('wrong.crash', 'GET', '/crash'),
  ],
}

export const profile: Profile = {
  codes: { BAD: 400, UNAUTHORIZED: 401, FORBIDDEN: 403, MISSING: 404, LIMITED: 429, INTERNAL: 500 },
  error: ({ code, message, requestId }) => ({ code, message, requestId }),
  failures: {
    notFound: (label) => ({ code: 'MISSING', message: `${label || 'Path'} not found` }),
    unauthorized: (reason) => ({ code: 'UNAUTHORIZED', message: reason }),
    scope: (required) => ({ code: 'FORBIDDEN', message: required.join() }),
    rateLimited: (_, seconds) => ({ code: 'LIMITED', message: String(seconds) }),
    validation: (issues) => ({ code: 'BAD', message: issues.map((issue) => `${issue.field}: ${issue.message}`).join('; ') }),
    internal: (message) => ({ code: 'INTERNAL', message }),
  },
}

export const definition: SystemDefinition = {
  document: { ...document, routes: document.routes.map((route) => (route.id === 'wrong.answer' ? { ...route, responses: { ...route.responses, 200: { content: { 'application/json': named } } } } : route)) },
  profile,
  seed: {
    _keys: [{ key: 'k-full', scopes: ['*'] }, { key: 'k-read', scopes: ['items:read'] }, { key: 'k-old', scopes: ['*'], revoked: true }, { key: 'k-other', scopes: ['*'], _org: 'other' }],
    _users: [{ id: 'u1', email: 'ada@example.com', _password: 'secret' }],
    items: [1, 2, 3, 4, 5].map((n) => ({ id: `i${n}`, name: `Item ${n}`, color: n % 2 ? 'red' : 'blue', _secret: 'hidden' })).concat([{ id: 'o1', name: 'Theirs', color: 'red', _secret: 'x', _org: 'other' } as never]),
    pages: [1, 2, 3].map((n) => ({ id: n, name: `Page ${n}` })),
  },
  collections: { items: { id: 'itm_', stamps: { created: 'createdAt', updated: 'updatedAt' } }, pages: { id: 'integer' } },
  behaviours: {
    'items.mine': () => ({ mine: true }),
    'files.upload': (c) => ({ files: Object.values(c.files).flat().map((file) => ({ name: file.name, size: file.size })), fields: c.body }),
    'auth.login': async (c) => {
      const { issueTokens } = await import('../src/gates/tokens.js')
      const { openSession } = await import('../src/gates/sessions.js')
      const user = c.store('_users').find((row) => row['email'] === c.body.email && row['_password'] === c.body.password)
      if (!user) return c.error('UNAUTHORIZED', 'wrong')
      const { session, cookie } = openSession(c, user, 'sid')
      return c.ok({ ...(await issueTokens(c, user)), csrf: session['csrf'] }).header('set-cookie', cookie)
    },
    'auth.refresh': async (c) => {
      const { rotateTokens } = await import('../src/gates/tokens.js')
      const pair = await rotateTokens(c, c.body.refresh)
      return typeof pair === 'string' ? c.error('UNAUTHORIZED', pair) : pair
    },
    'auth.me': (c) => ({ user: c.actor.user }),
    'auth.touch': () => ({ touched: true }),
    'hooks.fire': (c) => ({ id: c.deliver({ id: 'e1', url: c.body.url, secret: 's' }, 'thing.happened', { n: c.body.n }) }),
    'wrong.answer': () => ({ nothing: true }),
    'wrong.status': (c) => c.reply(202, {}),
    'wrong.crash': () => {
      throw new Error('boom')
    },
  },
  webhooks: { sign: ({ id, body, secret }) => ({ 'x-signature': `${id}.${secret}.${body.length}` }), retries: [1_000, 60_000] },
}

export const fixture: System = defineSystem(definition)

export interface Client {
  world: World
  call(method: string, path: string, init?: { key?: string | undefined; headers?: Record<string, string>; body?: unknown }): Promise<{ status: number; headers: Headers; body: never }>
}

/** The fixture in a world of its own, called in process. */
export function client(options: Partial<WorldOptions> = {}, start = { offset: Date.UTC(2026, 2, 1), frozen: true }, system: System = fixture): Client {
  const world = new World('test', { ...DEFAULTS, rateLimits: 'off', ...options }, start)
  const send = createFetch((request) => handle(world, world.system(system), request))
  return {
    world,
    async call(method, path, { key = 'k-full', headers = {}, body } = {}) {
      const response = await send(`http://mock${path}`, {
        method,
        headers: { ...(key && { 'X-API-Key': key }), ...(body !== undefined && !(body instanceof FormData) && typeof body !== 'string' && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: body instanceof FormData || typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await response.text()
      return { status: response.status, headers: response.headers, body: (text === '' ? undefined : response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text) as never }
    },
  }
}
