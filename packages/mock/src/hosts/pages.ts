import { Reply } from '../kernel/reply.js'
import type { MockRequest } from '../kernel/request.js'
import type { Members } from '../kernel/types.js'
import { DOCUMENTS, isSystem, SYSTEMS, type SystemName } from '../systems/index.js'
import { controlDocument } from './control/document.js'
import { controlPage, redocPage, signIn, swaggerPage } from './docs/pages.js'
import type { Gateway } from './gateway.js'
import { indexPage } from './pages-index.js'

const ASSETS = '/__orkit/assets/'

/** The index page, the documents, their two readers, and what these load. */
export async function page(gateway: Gateway, request: MockRequest): Promise<Reply | undefined> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
  const { systems, single } = gateway.options
  const { path, origin } = request
  if (path === '/') return indexPage(gateway, origin)
  if (path === '/__orkit/openapi.json') return new Reply(200, controlDocument(origin))
  if (path === '/__orkit/docs') return controlPage()
  if (path.startsWith(ASSETS)) return file(gateway, path.slice(ASSETS.length), request.headers['accept-encoding'])
  const [, name = '', rest = ''] = /^\/([^/]+)(\/(?:openapi\.json|docs|docs\/sign-in\.json|redoc))?\/?$/.exec(path) ?? []
  if (isSystem(name) && systems.includes(name)) return rest === '' ? indexPage(gateway, origin) : ofSystem(gateway, name, rest.slice(1), origin, `/${name}`)
  return single ? ofSystem(gateway, single, path.slice(1), origin, '') : undefined
}

async function ofSystem(gateway: Gateway, name: SystemName, what: string, origin: string, base: string): Promise<Reply | undefined> {
  switch (what) {
    case 'openapi.json':
      return document(name, `${origin}${base}${SYSTEMS[name].basePath}`)
    case 'docs':
      return swaggerPage((await gateway.load(name)).definition.document.name, base)
    case 'redoc':
      return redocPage((await gateway.load(name)).definition.document.name, base)
    case 'docs/sign-in.json':
      return new Reply(200, signIn(await gateway.load(name), await gateway.credentials(name), origin + base))
    default:
      return undefined
  }
}

/** The document with this server in the place of the vendor's. */
async function document(name: SystemName, url: string): Promise<Reply> {
  const { default: source } = await DOCUMENTS[name]()
  return new Reply(200, { ...(source as Members), servers: [{ url, description: 'Reference server' }] })
}

async function file(gateway: Gateway, name: string, acceptEncoding: string | undefined): Promise<Reply> {
  return (await gateway.options.asset(name, acceptEncoding)) ?? new Reply(404, { error: `There is no file ${name}` })
}
