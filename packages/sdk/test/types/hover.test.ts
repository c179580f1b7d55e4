import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import { check, checkOptions, sdk } from './program.js'

/** What an editor shows. */

const systems = [['orca', 'Orca'], ['orckai', 'Orckai'], ['flexorch', 'FlexOrch'], ['klarefi', 'Klarefi'], ['orbiter', 'Orbiter']] as const
/** Names of the generator's own, which mean nothing to a user. */
const MACHINERY = /components|operations\[|paths\[|NonNullable|typeof |Extract</

interface Method { readonly name: string; readonly symbol: ts.Symbol; readonly signatures: readonly ts.Signature[] }

/** The generated methods of a client, through all its resources. */
function methodsOf(checker: ts.TypeChecker, type: ts.Type, path: string): Method[] {
  return checker.getPropertiesOfType(type).flatMap((property): Method[] => {
    const [declaration] = property.declarations ?? []
    if (declaration === undefined || !declaration.getSourceFile().fileName.endsWith('resources.gen.ts')) return []
    const own = checker.getTypeOfSymbol(property)
    const name = `${path}${property.name}`
    const signatures = own.getCallSignatures()
    return signatures.length > 0 ? [{ name, symbol: property, signatures }] : methodsOf(checker, own, `${name}.`)
  })
}

describe.each(systems)('%s', (system, name) => {
  const { checker, file, errors } = check(`import { ${name} } from '../../src/systems/${system}/index.js'\nexport declare const client: ${name}\nimport type { components } from '../../src/systems/${system}/types.gen.js'\nexport declare const schemas: components['schemas']`)
  const [client, schemas] = checker.getExportsOfModule(checker.getSymbolAtLocation(file)!).map((symbol) => checker.getTypeOfSymbol(symbol))
  const methods = methodsOf(checker, client!, '')
  const doc = (symbol: ts.Symbol) => ts.displayPartsToString(symbol.getDocumentationComment(checker))

  it('every method and each of its parameters is described, and its types have names', () => {
    expect(errors).toEqual([])
    expect(methods.length).toBeGreaterThan(7)
    const bare: string[] = []
    for (const { name: method, symbol, signatures } of methods) {
      if (!/^[A-Z].*\.\n/.test(doc(symbol))) bare.push(`${method}: its text is '${doc(symbol).split('\n')[0]}'`)
      for (const signature of signatures) {
        const shown = checker.signatureToString(signature, undefined, ts.TypeFormatFlags.NoTruncation)
        if (MACHINERY.test(shown)) bare.push(`${method}: ${shown}`)
        const returned = checker.typeToString(signature.getReturnType(), undefined, ts.TypeFormatFlags.NoTruncation)
        if (/\{|unknown\[\]/.test(returned)) bare.push(`${method}: returns ${returned}`)
      }
      const described = new Set(symbol.getJsDocTags(checker).filter((tag) => tag.name === 'param').map((tag) => ts.displayPartsToString(tag.text).split(' ')[0]))
      for (const parameter of signatures[0]!.parameters) if (!described.has(parameter.name)) bare.push(`${method}: parameter ${parameter.name}`)
    }
    expect(bare).toEqual([])
  })

  it('every member of every schema is described in words, and its type has a name', () => {
    const bare: string[] = []
    for (const schema of checker.getPropertiesOfType(schemas!)) {
      const type = checker.getTypeOfSymbol(schema)
      for (const part of type.isUnion() ? type.types : [type]) {
        if ((part.flags & ts.TypeFlags.Object) === 0 && !part.isIntersection()) continue
        for (const member of checker.getPropertiesOfType(part)) {
          const [declaration] = member.declarations ?? []
          if (declaration === undefined || !declaration.getSourceFile().fileName.endsWith('types.gen.ts')) continue
          if (doc(member) === '') bare.push(`${schema.name}.${member.name} is not described`)
          const shown = checker.typeToString(checker.getTypeOfSymbol(member), undefined, ts.TypeFormatFlags.NoTruncation)
          if (MACHINERY.test(shown)) bare.push(`${schema.name}.${member.name}: ${shown}`)
        }
      }
    }
    expect(bare).toEqual([])
  })

  it('every option of a client and of a call is described', () => {
    const { checker: of, file: options } = check(`import { ${name}, type ${name}Options } from '../../src/systems/${system}/index.js'\nimport type { RequestOptions } from '../../src/core/options.js'\nexport declare const all: ${name}Options & RequestOptions`)
    const [all] = of.getExportsOfModule(of.getSymbolAtLocation(options)!)
    const members = of.getPropertiesOfType(of.getTypeOfSymbol(all!))
    expect(members.length).toBeGreaterThan(20)
    expect(members.filter((member) => ts.displayPartsToString(member.getDocumentationComment(of)) === '').map((member) => member.name)).toEqual([])
  })
})

/** Quick info at the end of each text in a program, as an editor asks for it. */
function hovers(text: string, at: readonly string[]): { shown: string; text: string }[] {
  const name = join(sdk, 'test/types/hover-user.ts')
  const host: ts.LanguageServiceHost = {
    getCompilationSettings: () => checkOptions, getScriptFileNames: () => [name], getScriptVersion: () => '1', getCurrentDirectory: () => sdk,
    getScriptSnapshot: (path) => (path === name ? ts.ScriptSnapshot.fromString(text) : ts.sys.fileExists(path) ? ts.ScriptSnapshot.fromString(ts.sys.readFile(path)!) : undefined),
    getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options), fileExists: (path) => path === name || ts.sys.fileExists(path), readFile: (path) => ts.sys.readFile(path),
  }
  const service = ts.createLanguageService(host)
  const diagnostics = service.getSemanticDiagnostics(name)
  if (diagnostics.length > 0) throw new Error(ts.flattenDiagnosticMessageText(diagnostics[0]!.messageText, '\n'))
  return at.map((place) => {
    const info = service.getQuickInfoAtPosition(name, text.indexOf(place) + place.length - 1)
    return { shown: ts.displayPartsToString(info?.displayParts), text: ts.displayPartsToString(info?.documentation) }
  })
}

it('hovers show plain names and say what is meant', () => {
  const text = `
    import { Orckai } from '../../src/systems/orckai/index.js'
    import { FlexOrch } from '../../src/systems/flexorch/index.js'
    import { Orbiter } from '../../src/systems/orbiter/index.js'
    const orckai = new Orckai(), flexorch = new FlexOrch(), orbiter = new Orbiter()
    for await (const agent of orckai.agents.list()) agent.name
    const processed = await flexorch.documents.process({ files: [] })
    const jobs = await flexorch.documents.process({ files: [] }).wait({})
    const page = await orbiter.agents.list({ limit: 2 })
    for await (const event of orckai.chat.stream({ message: 'x' })) event.content`
  const [list, agent, field, processed, wait, jobs, page, limit, event] = hovers(text, ['orckai.agents.list', 'const agent', 'agent.name', 'const processed', '.wait', 'const jobs', 'const page', '{ limit', 'const event'])
  expect(list!.shown).toBe('(method) Agents.list(options?: RequestOptions): PagePromise<Agent>')
  expect(list!.text).toMatch(/^List all agents\./)
  expect(agent!.shown).toBe('const agent: Agent')
  expect(field).toEqual({ shown: '(property) name: string', text: 'Display name.' })
  expect(processed!.shown).toBe('const processed: ProcessResult')
  expect(wait!.shown).toBe('(method) WaitablePromise<ProcessResult, Job[]>.wait(options?: WaitOptions): Promise<Job[]>')
  expect(jobs!.shown).toBe('const jobs: Job[]')
  expect(page!.shown).toBe('const page: Page<Agent>')
  expect(limit!.text).toBe('The most rows on a page.')
  expect(event!.shown).toBe('const event: ChatStreamEvent')
})
