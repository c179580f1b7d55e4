import { cpSync } from 'node:fs'
import { defineConfig } from 'tsup'

export default defineConfig({
  entry: { main: 'src/main.ts' },
  format: ['cjs'],
  target: 'node20',
  platform: 'node',
  clean: true,
  splitting: true,
  treeshake: false,
  dts: false,
  // Small and always needed: bundled. The rest is loaded when first used.
  noExternal: ['commander', 'string-width', '@orkit/sdk'],
  external: ['@orkit/mock', '@napi-rs/keyring', 'ws', 'zod', 'yaml', 'openapi-fetch'],
  onSuccess: async () => cpSync('src/manifest', 'dist/manifest', { recursive: true }),
})
