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
const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
const external = [...Object.keys(dependencies), ...Object.keys(peerDependencies), 'openapi-fetch'].filter((name) => !bundled.includes(name)).flatMap((name) => [name, `${name}/*`])

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

const later = 'var __later=(load)=>{var made;return new Proxy({},{get:(_,name)=>(made??=load())[name]})};'

rmSync(next, { recursive: true, force: true })
mkdirSync(next, { recursive: true })
const pieces = new Map()
for (const file of outputFiles) {
  if (/\bimport\.meta\b/.test(file.text)) throw new Error(`${basename(file.path)} uses import.meta, which CommonJS does not have`)
  const { code } = await transform(file.text, { format: 'cjs', platform: 'node', target, minifyWhitespace: true, minifySyntax: true, legalComments: 'none' })
  pieces.set(basename(file.path).replace(/\.js$/, '.cjs'), relative(code))
}
// Finding, opening and compiling a file costs about as much as half of what is in it: what a start needs lies in two files, what an operation needs in the second.
const first = withAll(['main.cjs', piece('help')])
const shared = ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'].map((system) => withAll([piece(system)])).reduce((some, all) => some.filter((name) => all.includes(name)))
const second = [...new Set([...withAll([piece('operation'), piece('open'), piece('render')]), ...shared])].filter((name) => !first.includes(name))
const packs = new Map([...first.map((name) => [name, 'main.cjs']), ...second.map((name) => [name, 'run.cjs'])])
writeFileSync(join(next, 'main.cjs'), `${pack(first, 'main.cjs')}module.exports={load};Object.assign(module.exports,load("./main.cjs"));`)
writeFileSync(join(next, 'run.cjs'), `${pack(second, 'run.cjs')}module.exports={load};`)
for (const [name, code] of pieces) if (!packs.has(name)) writeFileSync(join(next, name), code.replace(/\brequire\("\.\/([\w.-]+\.cjs)"\)/g, (all, to) => (packs.has(to) ? `require("./${packs.get(to)}").load("./${to}")` : all)))
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

function piece(name) {
  const found = [...pieces.keys()].filter((file) => new RegExp(`^${name}-[A-Z0-9]{8}\\.cjs$`).test(file))
  if (found.length !== 1) throw new Error(`there is no piece ${name}, or more than one: ${found.join(', ')}`)
  return found[0]
}

/** With the pieces that these need at once. */
function withAll(names) {
  const all = new Set(names)
  for (const name of all) for (const [before, to] of [...pieces.get(name).matchAll(/(?<!\.then\(\(\)=>)\brequire\("\.\/([\w.-]+\.cjs)"\)/g)].map((match) => [match[0], match[1]])) if (before) all.add(to)
  return [...all]
}

/** Pieces as functions in one file, each run when it is first asked for. */
function pack(names, self) {
  const table = names.map((name) => `"./${name}":(function(module,exports,require){${pieces.get(name).replaceAll(/\bimport\(/g, '__bring(')}})`).join(',\n')
  const elsewhere = self === 'main.cjs' ? `const others=${JSON.stringify(Object.fromEntries(second.map((name) => [`./${name}`, 1])))},other="./run.cjs";` : `const others=${JSON.stringify(Object.fromEntries(first.map((name) => [`./${name}`, 1])))},other="./main.cjs";`
  return `"use strict";const __bring=(name)=>require("../bin/bring.cjs")(name);${elsewhere}const made={};const load=(id)=>{if(made[id])return made[id].exports;const code=table[id];if(!code)return others[id]?require(other).load(id):require(id);const module=made[id]={exports:{}};code(module,module.exports,load);return module.exports};\nconst table={${table}};\n`
}

/**
 * Pieces call each other by `require`; `import()` stays for packages, of which some are ES modules. Node's own modules are loaded when first
 * used: https alone, which a plain http call never needs, costs more than reading the manifest.
 */
function relative(code) {
  const pieces = code
    .replace(/\bimport\("(\.\/[\w.-]+)\.js"\)/g, 'Promise.resolve().then(()=>require("$1.cjs"))')
    .replace(/\brequire\("(\.\/[\w.-]+)\.js"\)/g, 'require("$1.cjs")')
    .replace(/\bimport\("(node:[\w/]+)"\)/g, 'Promise.resolve().then(()=>require("$1"))')
  const lazy = pieces.replace(/([=(]\s*)((?:(?:__toESM|\(0,\s*[\w$]+\.__toESM\))\()?(?:(?:__)?require|\(0,\s*[\w$]+\.__require\))\("node:[\w/]+"\)(?:,\s*1)?\)?)(?=[,;\n])/g, '$1__later(()=>$2)')
  return lazy === pieces ? pieces : `${later}${lazy}`
}
