/** Where the generated files of a system go, relative to the repository. */

export const outputPath = {
  document: (system: string) => `spec/dist/${system}.gen.json`,
  types: (system: string) => `packages/sdk/src/systems/${system}/types.gen.ts`,
  operations: (system: string) => `packages/sdk/src/systems/${system}/operations.gen.ts`,
  resources: (system: string) => `packages/sdk/src/systems/${system}/resources.gen.ts`,
  schemas: (system: string) => `packages/sdk/src/systems/${system}/schemas.gen.ts`,
  manifest: (system: string) => `packages/cli/src/manifest/${system}.gen.json`,
  routes: (system: string) => `packages/mock/src/systems/${system}/routes.gen.ts`,
  validators: (system: string) => `packages/mock/src/systems/${system}/validators.gen.ts`,
  seed: (system: string) => `packages/mock/src/systems/${system}/seed.gen.json`,
  reference: (system: string) => `docs/reference/${system}.gen.md`
} as const

export function systemOutputs(system: string): string[] {
  return Object.values(outputPath).map((path) => path(system))
}
