import { defineConfig } from 'tsup'

// Documents and what the server takes of the SDK are bundled; libraries stay dependencies, and are loaded when first needed.
export default defineConfig({
  entry: ['src/index.ts'],
  format: ['esm', 'cjs'],
  target: 'node20',
  platform: 'neutral',
  dts: true,
  clean: true,
  splitting: true,
  sourcemap: false,
  noExternal: [/^@orkit\//],
  external: [/^node:/],
  esbuildOptions(options) {
    options.minifyWhitespace = true
  },
})
