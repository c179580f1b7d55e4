import ts from 'typescript'

/**
 * Gives each schema of openapi-typescript's output a type of its own name, so that editors show `Agent` and not its members, and turns `@description` into the text of the
 * comment, which they show first. `components['schemas']` stays, and names them.
 */
export function nameSchemas(text: string): string {
  const source = ts.createSourceFile('types.ts', text, ts.ScriptTarget.Latest, true)
  const components = source.statements.find((statement): statement is ts.InterfaceDeclaration => ts.isInterfaceDeclaration(statement) && statement.name.text === 'components')
  const schemas = components?.members.find((member): member is ts.PropertySignature => ts.isPropertySignature(member) && member.name.getText(source) === 'schemas')
  if (schemas?.type === undefined || !ts.isTypeLiteralNode(schemas.type)) return described(text)
  const types: string[] = []
  const members: string[] = []
  for (const member of schemas.type.members) {
    if (!ts.isPropertySignature(member) || member.type === undefined || !ts.isIdentifier(member.name)) throw new Error(`a schema that is no name: ${member.getText(source).slice(0, 80)}`)
    const name = member.name.text
    types.push(dedent(`${commentOf(member, text)}export type ${name} = ${member.type.getText(source)};`))
    members.push(`        ${name}: ${name};`)
  }
  const rest = `${text.slice(0, schemas.type.getStart(source))}{\n${members.join('\n')}\n    }${text.slice(schemas.type.end)}`
  return described(`${types.join('\n')}\n${rest}`.replaceAll(/components\["schemas"\]\["(\w+)"\]/g, '$1'))
}

function commentOf(member: ts.PropertySignature, text: string): string {
  const [range] = ts.getLeadingCommentRanges(text, member.getFullStart()) ?? []
  return range === undefined ? '' : `${text.slice(range.pos, range.end)}\n`
}

/** Members of `schemas` stand two levels deep. */
function dedent(text: string): string {
  return text.replaceAll(/^ {8}/gm, '')
}

function described(text: string): string {
  // The words first, then the format.
  const ordered = text.replaceAll(/^( *\* Format: .*\n)((?: *\* @description .*\n)(?: *\* (?!@).*\n)*)/gm, '$2$1')
  return ordered.replaceAll(/(\/\*\*|^\s*\*) @description /gm, '$1 ')
}
