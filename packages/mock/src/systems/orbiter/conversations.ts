import { defineResource } from '../../kernel/definition.js'

export const conversations = defineResource({
  collections: {
    conversations: {
      newestFirst: true,
      cascade: { 'conversations.messages': 'conversation_id' },
      deleted: () => ({ status: 'deleted' }),
    },
    'conversations.messages': { parent: { collection: 'conversations', field: 'conversation_id' } },
  },
})
