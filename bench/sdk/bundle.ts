/** What a program carries that imports a part of the SDK: minified by esbuild, then gzipped. */
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type Plugin } from 'esbuild'

const sdk = fileURLToPath(new URL('../../packages/sdk', import.meta.url))

export interface Bundle {
  /** Minified and gzipped bytes of what is loaded with the program. */
  readonly gzip: number
  /** The same with all that a call may load later. */
  readonly whole: number
  /** Source files that are loaded with the program, relative to the package. */
  readonly files: readonly string[]
  /** All source files. */
  readonly allFiles: readonly string[]
}

/** Bundlers make a file of its own of what `import()` loads; here it is left out. */
const later: Plugin = {
  name: 'later',
  setup: ({ onResolve }) => onResolve({ filter: /./ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined)),
}

/** The browser's: in the built package `imports` chooses it, among the sources the paths of the compiler name that of Node. */
const browser: Plugin = {
  name: 'browser',
  setup: ({ onResolve }) => onResolve({ filter: /^#platform-fetch$/ }, () => ({ path: `${sdk}/src/core/platform-fetch.ts` })),
}

/** Bundles a program for the browser, from the SDK's sources. */
export async function bundle(program: string): Promise<Bundle> {
  const make = async (plugins: Plugin[]) => {
    const { outputFiles, metafile } = await build({
      stdin: { contents: program, resolveDir: sdk, loader: 'ts', sourcefile: 'program.ts' },
      bundle: true, minify: true, format: 'esm', target: 'es2022', platform: 'browser', write: false, metafile: true, absWorkingDir: sdk, plugins: [browser, ...plugins],
    })
    const { inputs } = Object.values(metafile.outputs)[0]!
    // A file of which nothing is left weighs nothing.
    return { size: gzipSync(outputFiles[0]!.contents, { level: 9 }).length, files: Object.keys(inputs).filter((file) => inputs[file]!.bytesInOutput > 0) }
  }
  const [loaded, whole] = await Promise.all([make([later]), make([])])
  return { gzip: loaded.size, whole: whole.size, files: loaded.files, allFiles: whole.files }
}
