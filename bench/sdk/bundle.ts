/** What a program carries that imports a part of the SDK: minified by esbuild, then gzipped. */
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const sdk = fileURLToPath(new URL('../../packages/sdk', import.meta.url))

export interface Bundle {
  /** Minified and gzipped bytes of what is loaded at once: the entry and the chunks that it imports statically. */
  readonly gzip: number
  /** The same with every chunk that a call may load later. */
  readonly whole: number
  /** Source files in what is loaded at once, relative to the workspace. */
  readonly files: readonly string[]
  /** Source files in any chunk. */
  readonly allFiles: readonly string[]
}

/** Bundles a program for the browser, from the SDK's sources, with code splitting as every bundler has it for `import()`. */
export async function bundle(program: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: program, resolveDir: sdk, loader: 'ts', sourcefile: 'program.ts' },
    bundle: true, minify: true, splitting: true, format: 'esm', target: 'es2022', platform: 'browser', write: false, metafile: true, outdir: '/out', absWorkingDir: sdk,
  })
  const outputs = Object.entries(metafile.outputs).map(([path, output]) => ({ path, output, contents: outputFiles.find((file) => file.path.endsWith(path.split('/').at(-1)!))!.contents }))
  const byPath = new Map(outputs.map((each) => [each.path, each]))
  const initial = new Set<string>()
  const queue = outputs.filter(({ output }) => output.entryPoint === 'program.ts').map(({ path }) => path)
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (initial.has(path)) continue
    initial.add(path)
    queue.push(...byPath.get(path)!.output.imports.filter(({ kind }) => kind === 'import-statement').map((each) => each.path))
  }
  const sizeOf = (paths: Iterable<string>) => [...paths].reduce((sum, path) => sum + gzipSync(byPath.get(path)!.contents, { level: 9 }).length, 0)
  const filesOf = (paths: Iterable<string>) => [...paths].flatMap((path) => Object.keys(byPath.get(path)!.output.inputs))
  return { gzip: sizeOf(initial), whole: sizeOf(byPath.keys()), files: filesOf(initial), allFiles: filesOf(byPath.keys()) }
}
