/** What a collection's object is called in messages: `knowledgeBases.documents` -> `Document`, `mcpServers` -> `Mcp server`. */
export function labelOf(collection: string, given?: string): string {
  if (given !== undefined) return given
  const words = collection.slice(collection.lastIndexOf('.') + 1).replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
  const singular = words.endsWith('ies') ? `${words.slice(0, -3)}y` : words.endsWith('ses') ? words.slice(0, -2) : words.replace(/s$/, '')
  return singular.charAt(0).toUpperCase() + singular.slice(1)
}
