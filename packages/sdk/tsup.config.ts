import { defineConfig } from 'tsup'

const systems = ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter']

const entry = {
  index: 'src/index.ts',
  core: 'src/core/index.ts',
  node: 'src/node/index.ts',
  webhooks: 'src/webhooks/index.ts',
  'rate-limit': 'src/rate-limit/index.ts',
  batch: 'src/batch/index.ts',
  'batch-queue': 'src/batch/queue/index.ts',
  ...Object.fromEntries(systems.flatMap((system) => [[system, `src/systems/${system}/index.ts`], [`${system}-api`, `src/systems/${system}/api.ts`], [`${system}-validate`, `src/systems/${system}/validate.ts`]])),
}

/** What `imports` in package.json chooses from. They have no declarations, since none names them. */
const chosen = { 'platform-fetch': 'src/core/platform-fetch.ts', 'platform-fetch-node': 'src/node/platform-fetch.ts' }

export default defineConfig({
  entry: { ...entry, ...chosen },
  format: ['esm', 'cjs'],
  target: 'es2022',
  platform: 'neutral',
  external: [/^node:/, '#platform-fetch', 'ws', 'openapi-fetch', 'eventsource-parser', 'tinyglobby', 'zod', 'bullmq', 'ioredis', 'rate-limiter-flexible'],
  splitting: true,
  removeNodeProtocol: false,
  treeshake: false,
  clean: true,
  sourcemap: false,
  silent: true,
  dts: process.env['ORKIT_BUILD_TYPES'] === '0' ? false : { entry, compilerOptions: { types: ['node'], noEmit: false, stripInternal: true } },
  outExtension: ({ format }) => ({ js: format === 'cjs' ? '.cjs' : '.js' }),
})
