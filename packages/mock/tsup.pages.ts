import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { ASSETS, vendored } from './src/hosts/docs/assets.js'

/** Puts what the pages load beside the bundle, compressed once: the packages it comes from are no dependencies then, and nothing is loaded from a CDN. */
export function buildPages(): void {
  const here = dirname(fileURLToPath(import.meta.url))
  const resolve = createRequire(import.meta.url).resolve
  const out = join(here, 'dist', 'ui')
  mkdirSync(out, { recursive: true })
  for (const [name, from] of Object.entries(ASSETS)) {
    const content = from === 'ui' ? readFileSync(join(here, 'ui', name)) : vendored(name, readFileSync(resolve(from)))
    writeFileSync(join(out, `${name}.br`), brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }))
  }
  for (const [name, from] of [['swagger-ui.LICENSE', 'swagger-ui-dist/LICENSE'], ['redoc.LICENSE', 'redoc/LICENSE']] as const) writeFileSync(join(out, name), readFileSync(resolve(from)))
}
