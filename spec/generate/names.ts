/** Names derived from operation ids and wire names. */

const RESERVED = new Set('break case catch class const continue debugger default delete do else enum export extends false finally for function if import in instanceof new null return static super switch this throw true try typeof var void while with yield let package private protected public interface implements await arguments eval'.split(' '))

export function pascal(text: string): string {
  return words(text).map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
}

export function camel(text: string): string {
  const name = pascal(text)
  return name[0]!.toLowerCase() + name.slice(1)
}

/** A variable of that name: never a reserved word nor one of `taken`. */
export function variable(text: string, taken: readonly string[] = []): string {
  const name = camel(text)
  return RESERVED.has(name) || taken.includes(name) ? `${name}_` : name
}

/** `knowledgeBases` and `knowledge_bases` are `knowledge-bases`; `userID` is `user-id`. */
export function kebab(text: string): string {
  return words(text).flatMap((word) => word.split(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/)).join('-').toLowerCase()
}

/** `knowledgeBases` is `knowledge bases`. */
export function spoken(text: string): string {
  return kebab(text).replaceAll('-', ' ')
}

function words(text: string): string[] {
  return text.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
}

/** `Orca` for ORCA, `FlexOrch` for FlexOrch: the name of a system's class. */
export function systemClass(name: string): string {
  const joined = pascal(name)
  return joined === joined.toUpperCase() ? joined[0]! + joined.slice(1).toLowerCase() : joined
}
