import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync } from 'node:zlib'
import { Reply } from '../../kernel/reply.js'

/** What pages may load, and from where while nothing is built: this package's own files, or the package that ships them. */
export const ASSETS: Readonly<Record<string, string>> = {
  'index.js': 'ui',
  'index.css': 'ui',
  'swagger.js': 'ui',
  'swagger.css': 'ui',
  'redoc.js': 'ui',
  'redoc.css': 'ui',
  'icon.svg': 'ui',
  'swagger-ui-bundle.js': 'swagger-ui-dist/swagger-ui-bundle.js',
  'swagger-ui.css': 'swagger-ui-dist/swagger-ui.css',
  'redoc.standalone.js': 'redoc/bundles/redoc.standalone.js',
}

const TYPES: Readonly<Record<string, string>> = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml' }
const kept = new Map<string, Uint8Array>()

/** A file of the pages, compressed as it was built where the client takes that. */
export function asset(name: string, acceptEncoding: string | undefined): Reply | undefined {
  if (!Object.hasOwn(ASSETS, name)) return undefined
  const headers = { 'content-type': TYPES[name.slice(name.lastIndexOf('.') + 1)]!, 'cache-control': 'public, max-age=300', 'x-content-type-options': 'nosniff' }
  const built = read(`${name}.br`, () => readFileSync(join(here(), 'ui', `${name}.br`)))
  if (!built) return Reply.raw(200, read(name, () => source(name))!, headers)
  if (/\bbr\b/.test(acceptEncoding ?? '')) return Reply.raw(200, built, { ...headers, 'content-encoding': 'br', vary: 'accept-encoding' })
  return Reply.raw(200, read(name, () => brotliDecompressSync(built))!, { ...headers, vary: 'accept-encoding' })
}

function read(key: string, load: () => Uint8Array): Uint8Array | undefined {
  let found = kept.get(key)
  try {
    if (!found) kept.set(key, (found = load()))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return found
}

/** Straight from the sources: in a checkout without a build. */
function source(name: string): Uint8Array {
  const root = join(here(), '..', '..', '..')
  if (ASSETS[name] === 'ui') return readFileSync(join(root, 'ui', name))
  return vendored(name, readFileSync(createRequire(join(root, 'package.json')).resolve(ASSETS[name]!)))
}

/** Redoc's logo would come from a CDN. */
export function vendored(name: string, content: Uint8Array): Uint8Array {
  if (name !== 'redoc.standalone.js') return content
  return Buffer.from(Buffer.from(content).toString('utf8').replaceAll('https://cdn.redoc.ly/redoc/logo-mini.svg', 'data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22/%3E'))
}

/** The folder of this file; of the bundle, once built. */
function here(): string {
  return typeof __dirname === 'string' ? __dirname : dirname(fileURLToPath(import.meta.url))
}
