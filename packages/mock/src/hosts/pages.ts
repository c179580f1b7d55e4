import { Reply } from '../kernel/reply.js'
import type { MockRequest } from '../kernel/request.js'
import type { Members } from '../kernel/types.js'
import { DOCUMENTS, isSystem, SYSTEMS, type SystemName } from '../systems/index.js'
import type { Gateway } from './gateway.js'

const HTML = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'" }

/** The index page and the documents. */
export async function page(gateway: Gateway, request: MockRequest): Promise<Reply | undefined> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined
  const { systems, single } = gateway.options
  if (request.path === '/') return Reply.raw(200, await index(gateway, request.origin), HTML)
  const [, name = '', rest = ''] = /^\/([^/]+)(\/openapi\.json)?\/?$/.exec(request.path) ?? []
  if (single && name === 'openapi.json') return document(single, `${request.origin}${SYSTEMS[single].basePath}`)
  if (!isSystem(name) || !systems.includes(name)) return undefined
  if (rest === '') return Reply.raw(200, await index(gateway, request.origin), HTML)
  return document(name, `${request.origin}/${name}${SYSTEMS[name].basePath}`)
}

/** The document with this server in the place of the vendor's. */
async function document(name: SystemName, url: string): Promise<Reply> {
  const { default: source } = await DOCUMENTS[name]()
  return new Reply(200, { ...(source as Members), servers: [{ url, description: 'Reference server' }] })
}

async function index(gateway: Gateway, origin: string): Promise<string> {
  const sections: string[] = []
  for (const name of gateway.options.systems) sections.push(await section(gateway, name, origin))
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>orkit reference server</title>
<style>:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}body{max-width:60rem;margin:2rem auto;padding:0 1rem}code{font:0.9em ui-monospace,monospace;overflow-wrap:anywhere}dt{font-weight:600}section{border-top:1px solid;padding:0.5rem 0}</style>
<h1>orkit reference server</h1><p>${gateway.options.systems.length} systems. Control plane: <code>${escape(origin)}/__orkit/health</code></p>${sections.join('')}</html>`
}

async function section(gateway: Gateway, name: SystemName, origin: string): Promise<string> {
  const base = gateway.options.single ? origin : `${origin}/${name}`
  try {
    const system = await gateway.load(name)
    const credentials = Object.entries(await gateway.credentials(name)).map(([key, value]) => `<dt>${escape(key)}</dt><dd><code>${escape(String(value))}</code></dd>`)
    return `<section><h2>${escape(system.definition.document.name)}</h2><p><code>${escape(base + SYSTEMS[name].basePath)}</code> · ${system.operations.size} operations · <a href="${escape(base)}/openapi.json">openapi.json</a></p><dl>${credentials.join('')}</dl></section>`
  } catch (error) {
    return `<section><h2>${escape(name)}</h2><p>Cannot be served: ${escape((error as Error).message)}</p></section>`
  }
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
