import { defineConfig, type Options } from 'tsup'
import { buildPages } from './tsup.pages.js'

// Documents and what the server takes of the SDK are bundled; libraries stay dependencies, and are loaded when first needed.
const shared: Options = {
  entry: ['src/index.ts'],
  target: 'node20',
  platform: 'neutral',
  removeNodeProtocol: false,
  sourcemap: false,
  silent: true,
  noExternal: [/^@orkit\//],
  external: [/^node:/],
}

export default defineConfig([
  // Two entries on the same chunks: for Node, and for browsers. A start is mostly reading the validators: without blanks there is less to read.
  { ...shared, entry: ['src/index.ts', 'src/browser.ts'], format: 'esm', splitting: true, clean: true, dts: process.env['ORKIT_BUILD_TYPES'] !== '0' && { entry: 'src/index.ts' }, esbuildOptions: (options) => void (options.minifyWhitespace = true), onSuccess: async () => buildPages() },
  // One file: what splits CommonJS rewrites code with a second compiler, and that one gets it wrong.
  { ...shared, format: 'cjs', splitting: false, esbuildOptions: (options) => void Object.assign(options, { minifyWhitespace: true, logOverride: { 'empty-import-meta': 'silent' } }) },
])
