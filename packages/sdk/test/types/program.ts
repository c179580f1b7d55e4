import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const sdk = join(dirname(fileURLToPath(import.meta.url)), '../..')
const folder = join(sdk, 'test/types')

/** A user's file that is checked against the SDK's declarations, without being on disk. */
export interface Checked {
  readonly checker: ts.TypeChecker
  readonly file: ts.SourceFile
  /** One text for each error, with its line breaks. */
  readonly errors: readonly string[]
  /** What checking the file cost, as `tsc --extendedDiagnostics` counts it; the bodies of the SDK's own methods are not checked, as they are not in its `.d.ts`. */
  readonly instantiations: number
}

export const checkOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  strict: true, skipLibCheck: true, noEmit: true, types: [],
}
let earlier: ts.Program | undefined

export function check(text: string): Checked {
  const name = join(folder, 'user.ts')
  const host = ts.createCompilerHost(checkOptions)
  const { getSourceFile, fileExists } = host
  host.fileExists = (path) => path === name || fileExists(path)
  host.getSourceFile = (path, language) => {
    if (path === name) return ts.createSourceFile(path, text, language)
    // What does not change from check to check is parsed once.
    return earlier?.getSourceFile(path) ?? getSourceFile.call(host, path, language)
  }
  const program = ts.createProgram([name], checkOptions, host)
  earlier = program
  const file = program.getSourceFile(name)!
  const errors = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
  const { getInstantiationCount } = program as unknown as { getInstantiationCount(): number }
  return { checker: program.getTypeChecker(), file, errors, instantiations: getInstantiationCount() }
}

export interface Enumeration { readonly schema: string; readonly member: string; readonly values: readonly string[] }

/** The members of a document's schemas that the vendor may add values to. */
export function openEnumerations(system: string): Enumeration[] {
  const document = JSON.parse(readFileSync(join(sdk, `../../spec/dist/${system}.gen.json`), 'utf8')) as { components: { schemas: Record<string, { properties?: Record<string, { 'x-extensible-enum'?: string[] }> }> } }
  return Object.entries(document.components.schemas).flatMap(([schema, { properties = {} }]) => Object.entries(properties).flatMap(([member, found]) => {
    const values = found['x-extensible-enum']
    return values === undefined ? [] : [{ schema, member, values }]
  }))
}
