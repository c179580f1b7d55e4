import { join } from 'node:path'
import ts from 'typescript'
import { expect, it } from 'vitest'
import { entriesOf, folderOf, manifestOf } from './packed.js'

/** What an editor shows when one points at a name: all that a user of the SDK or of a mock meets has a sentence there. */

const systems = ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'].map((system) => `@orkit/sdk/${system}`)
const entries = entriesOf('@orkit/sdk')
const declarationsOf = (entry: string) => {
  const conditions = manifestOf('@orkit/sdk').exports[entry.replace('@orkit/sdk', '.')] as { import: { types: string } }
  return join(folderOf('@orkit/sdk'), conditions.import.types)
}
const mock = join(folderOf('@orkit/mock'), 'dist', 'index.d.ts')
const program = ts.createProgram([...entries.map(declarationsOf), mock], { moduleResolution: ts.ModuleResolutionKind.Bundler, module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'], types: [], skipLibCheck: true })
const checker = program.getTypeChecker()

/** Names that say it themselves, and what is made of a vendor's schema, whose words are the document's. */
const plain = /^(toJSON|constructor|then|catch|finally|kind|\[Symbol\..*)$/
const isHidden = (member: ts.Declaration) => (ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) !== 0
const isDocumented = (symbol: ts.Symbol | undefined) => (symbol?.getDocumentationComment(checker).length ?? 0) > 0

function* bare(symbol: ts.Symbol, withMembers: boolean): Generator<string> {
  const [declaration] = symbol.declarations ?? []
  if (declaration === undefined) return yield `${symbol.name}: its declaration is not found`
  if (!isDocumented(symbol)) yield symbol.name
  if (!withMembers || !(ts.isClassDeclaration(declaration) || ts.isInterfaceDeclaration(declaration))) return
  for (const member of declaration.members) {
    const name = member.name?.getText()
    if (name === undefined || plain.test(name) || isHidden(member)) continue
    if (!isDocumented((member as { symbol?: ts.Symbol }).symbol)) yield `${symbol.name}.${name}`
  }
}

const exportsOf = (entry: string) => checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(entry)!)!).map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))

it.each(entries)('%s says what each export and each of its members is', (entry) => {
  const exported = exportsOf(declarationsOf(entry))
  expect(exported.length).toBeGreaterThan(systems.includes(entry) ? 40 : 1)
  expect(exported.flatMap((symbol) => [...bare(symbol, true)])).toEqual([])
})

it('so does the reference server of what a test calls and gives', () => {
  const used = exportsOf(mock).filter(({ name }) => ['createMock', 'Mock', 'MockOptions', 'FaultRule'].includes(name))
  expect(used).toHaveLength(4)
  expect(used.flatMap((symbol) => [...bare(symbol, true)])).toEqual([])
})
