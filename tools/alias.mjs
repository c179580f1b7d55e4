// Workspace imports resolve to sources in tests: no build is needed to run them. Must agree with `paths` in tsconfig.base.json.
import { fileURLToPath } from 'node:url'

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))

export const alias = [
  // Tests run on Node.
  { find: /^#platform-fetch$/, replacement: at('packages/sdk/src/node/platform-fetch.ts') },
  { find: /^@orkit\/sdk\/(orca|orckai|flexorch|klarefi|orbiter)\/(api|validate)$/, replacement: at('packages/sdk/src/systems/$1/$2.ts') },
  { find: /^@orkit\/sdk\/(orca|orckai|flexorch|klarefi|orbiter)$/, replacement: at('packages/sdk/src/systems/$1/index.ts') },
  { find: /^@orkit\/sdk\/batch\/queue$/, replacement: at('packages/sdk/src/batch/queue/index.ts') },
  { find: /^@orkit\/sdk\/(core|node|webhooks|batch|rate-limit)$/, replacement: at('packages/sdk/src/$1/index.ts') },
  { find: /^@orkit\/sdk$/, replacement: at('packages/sdk/src/index.ts') },
  { find: /^@orkit\/mock$/, replacement: at('packages/mock/src/index.ts') },
  { find: /^@orkit\/spec\/(\w+)\.json$/, replacement: at('spec/dist/$1.gen.json') },
]
