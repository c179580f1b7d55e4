// Builds the CLI as CommonJS: on Node 20 the loader of ES modules alone costs a quarter of a start.
// esbuild splits only ES modules, so it splits first, and each piece is turned into CommonJS after that, by esbuild too.
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, transform } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const out = join(here, 'dist')
const next = `${out}.${process.pid}`
const target = 'node20.19'
// Small and always needed: bundled. Other packages are loaded when first used.
const bundled = ['commander', 'string-width', '@orkit/sdk']
const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
const external = [...Object.keys(dependencies), 'openapi-fetch'].filter((name) => !bundled.includes(name)).flatMap((name) => [name, `${name}/*`])

const { outputFiles } = await build({
  absWorkingDir: here,
  entryPoints: ['src/main.ts'],
  bundle: true,
  splitting: true,
  write: false,
  format: 'esm',
  platform: 'node',
  target,
  outdir: out,
  chunkNames: '[name]-[hash]',
  external,
  logLevel: 'warning',
})

rmSync(next, { recursive: true, force: true })
mkdirSync(next, { recursive: true })
for (const file of outputFiles) {
  if (/\bimport\.meta\b/.test(file.text)) throw new Error(`${basename(file.path)} uses import.meta, which CommonJS does not have`)
  const { code } = await transform(file.text, { format: 'cjs', platform: 'node', target, minifyWhitespace: true, minifySyntax: true, legalComments: 'none' })
  writeFileSync(join(next, basename(file.path).replace(/\.js$/, '.cjs')), relative(code))
}
cpSync(join(here, 'src/manifest'), join(next, 'manifest'), { recursive: true })
// In one step, so that a command that runs meanwhile finds the old build or the new one.
rmSync(`${out}.old`, { recursive: true, force: true })
try {
  renameSync(out, `${out}.old`)
} catch (error) {
  if (error.code !== 'ENOENT') throw error
}
renameSync(next, out)
rmSync(`${out}.old`, { recursive: true, force: true })
const bytes = outputFiles.reduce((sum, file) => sum + file.contents.length, 0)
process.stdout.write(`${outputFiles.length} files, ${Math.round(bytes / 1024)} kB before minifying; main ${Math.round(readFileSync(join(out, 'main.cjs')).length / 1024)} kB\n`)

/** Pieces call each other by `require`; `import()` stays for packages, of which some are ES modules. */
function relative(code) {
  return code.replace(/\bimport\("(\.\/[\w.-]+)\.js"\)/g, 'Promise.resolve().then(()=>require("$1.cjs"))').replace(/\brequire\("(\.\/[\w.-]+)\.js"\)/g, 'require("$1.cjs")')
}
