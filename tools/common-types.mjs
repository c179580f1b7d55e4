// Finishes the declarations of a package with one entry. Run in the package's folder after its build.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

if (existsSync('dist/index.d.ts')) {
  const { peerDependenciesMeta = {} } = JSON.parse(readFileSync('package.json', 'utf8'))
  // `Mock` is an `AsyncDisposable`, which is in the libraries of few configurations.
  let types = `/// <reference lib="esnext.disposable" />\n${readFileSync('dist/index.d.ts', 'utf8')}`
  // Who has not installed an optional peer must still be able to check a program without `skipLibCheck`; who has gets its types.
  for (const peer of Object.keys(peerDependenciesMeta)) types = types.replaceAll(new RegExp(`^import .* from '${peer}';$`, 'gm'), (line) => `// @ts-ignore: ${peer} is an optional peer dependency\n${line}`)
  // The same for both module systems, and TypeScript wants a file for each: copying costs nothing, making them twice costs ten seconds.
  for (const file of ['dist/index.d.ts', 'dist/index.d.cts']) writeFileSync(file, types)
}
