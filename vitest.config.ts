import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { alias } from './tools/alias.mjs'

export default defineConfig({
  resolve: { alias },
  test: {
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // The default leaves a core free, which on two is half the machine.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // No log line, error or stderr of any test may hold a secret that was used in it.
    setupFiles: ['test/secrets/setup.ts'],
    projects: [
      { extends: true, test: { name: 'spec', include: ['spec/generate/**/*.test.ts', 'test/spec/**/*.test.ts'] } },
      { extends: true, test: { name: 'sdk', include: ['packages/sdk/src/**/*.test.ts', 'packages/sdk/test/**/*.test.ts', 'test/secrets/**/*.test.ts'] } },
      { extends: true, test: { name: 'mock', include: ['packages/mock/src/**/*.test.ts', 'packages/mock/test/**/*.test.ts'] } },
      { extends: true, test: { name: 'cli', include: ['packages/cli/src/**/*.test.ts', 'packages/cli/test/**/*.test.ts'] } },
      { extends: true, test: { name: 'contract', include: ['test/contract/**/*.test.ts'], testTimeout: 120_000 } },
      { extends: true, test: { name: 'behaviour', include: ['test/behaviour/**/*.test.ts'], maxConcurrency: 8 } },
      { extends: true, test: { name: 'packaging', globalSetup: 'test/packaging/setup.ts', include: ['test/packaging/**/*.test.ts', 'test/runtimes/**/*.test.ts'], testTimeout: 240_000, hookTimeout: 300_000 } },
      { extends: true, test: { name: 'batch', include: ['test/batch/**/*.test.ts'], testTimeout: 120_000 } },
      { extends: true, test: { name: 'e2e', include: ['test/e2e/**/*.test.ts', 'examples/**/*.test.ts'], testTimeout: 120_000 } },
    ],
  },
})
