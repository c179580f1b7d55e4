import { defineResource } from '../../kernel/definition.js'

export const templates = defineResource({
  collections: {
    templates: {
      create: (input) => ({ description: null, category: 'custom', content: '', ...input, variables: variables(input['content']) }),
      update: (input) => ({ ...input, ...(input['content'] !== undefined && { variables: variables(input['content']) }) }),
      stamps: { created: 'createdAt', updated: 'updatedAt' },
    },
  },
})

/** Names of the `{{placeholders}}`, each once, in order. */
function variables(content: unknown): string[] {
  return typeof content === 'string' ? [...new Set([...content.matchAll(/\{\{\s*([\w.-]+)\s*\}\}/g)].map((match) => match[1]!))] : []
}
