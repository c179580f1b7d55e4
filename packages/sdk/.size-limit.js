/** What a program carries of the built package (docs/decisions/0011). These are the sizes that are reached; lower them when they shrink. */

/** What `import()` loads stays out, as bundlers make files of their own of it. */
const later = { name: 'later', setup: ({ onResolve }) => onResolve({ filter: /./ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined)) }
const browser = (...plugins) => (config) => ({ ...config, format: 'esm', platform: 'browser', target: 'es2022', logLevel: 'error', plugins })
const systems = { orca: 'Orca', orckai: 'Orckai', flexorch: 'FlexOrch', klarefi: 'Klarefi', orbiter: 'Orbiter' }
const limits = { orca: '21.5 kB', orckai: '17 kB', flexorch: '19.6 kB', klarefi: '17.3 kB', orbiter: '24.1 kB' }
const client = (system) => ({ path: `dist/${system}.js`, import: `{ ${systems[system]} }`, gzip: true })

export default [
  ...Object.keys(systems).map((system) => ({ name: `${systems[system]} and a call`, ...client(system), limit: limits[system], modifyEsbuildConfig: browser(later) })),
  { name: 'Orckai with all that calls load later', ...client('orckai'), limit: '31.7 kB', modifyEsbuildConfig: browser() },
  { name: 'the core', path: 'dist/core.js', import: '{ ApiClient }', gzip: true, limit: '14.7 kB', modifyEsbuildConfig: browser(later) },
]
