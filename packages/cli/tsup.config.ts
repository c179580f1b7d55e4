import { cpSync } from 'node:fs'
import { defineConfig } from 'tsup'

export default defineConfig({
  entry: { main: 'src/main.ts' },
  format: ['esm'],
  target: 'node20',
  platform: 'node',
  clean: true,
  splitting: true,
  dts: false,
  // Small and always needed: bundled. The rest is loaded when first used.
  noExternal: ['commander', 'string-width', /^@orkit\/sdk/],
  external: ['@orkit/mock', '@napi-rs/keyring', 'ws', 'zod', 'yaml', 'openapi-fetch'],
  // commander is CommonJS and asks for Node's own modules.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  onSuccess: async () => cpSync('src/manifest', 'dist/manifest', { recursive: true }),
})
