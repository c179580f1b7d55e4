import type { Context } from '../../kernel/context.js'
import { defineResource } from '../../kernel/definition.js'
import type { Members, Row } from '../../kernel/types.js'
import { answer, type Answer, tokens, type Turn } from './answers.js'

export const chat = defineResource({
  collections: {
    conversations: {
      newestFirst: true,
      summary: ({ messages: _, ...row }) => row,
    },
  },
  behaviours: {
    'chat.complete': (c) => {
      const { conversation, reply } = converse(c)
      return c.ok({ conversationId: conversation.id, message: reply.text, usage: reply.usage })
    },
    'chat.stream': (c) => {
      const { conversation, reply } = converse(c)
      return c.sse(stream(c, conversation, reply))
    },
  },
})

async function* stream(c: Context, conversation: Row, reply: Answer): AsyncGenerator<Members> {
  for (const content of tokens(reply.text)) {
    await c.pace()
    yield { content, done: false }
  }
  yield { content: '', done: true, conversationId: conversation.id }
}

/** Answers the message with the whole history in view, and stores both. */
function converse(c: Context): { conversation: Row; reply: Answer } {
  const { message, conversationId, systemPrompt, llmConfig } = c.body
  const conversations = c.store('conversations')
  const before = conversationId === undefined ? undefined : conversations.need(conversationId)
  const history: Turn[] = before?.['messages'] ?? []
  const reply = limited(answer(message, history, systemPrompt), llmConfig?.maxTokens)
  const said = [turn(c, 'user', message), turn(c, 'assistant', reply.text)]
  const messages = [...history, ...said]
  const changes = { messages, messageCount: messages.length, updatedAt: c.now() }
  const conversation = before ? conversations.update(before.id, changes) : conversations.insert({ title: title(message), createdAt: c.now(), ...changes })
  return { conversation, reply }
}

function turn(c: Context, role: string, content: string): Members {
  return { id: c.id('message', 'msg_'), role, content, createdAt: c.now() }
}

function title(message: string): string {
  return message.length > 60 ? `${message.slice(0, 57)}...` : message
}

/** `maxTokens` cuts the answer as a model would be cut. */
function limited(reply: Answer, maxTokens: number | undefined): Answer {
  if (maxTokens === undefined || reply.usage.outputTokens <= maxTokens) return reply
  return { text: reply.text.slice(0, maxTokens * 4), usage: { ...reply.usage, outputTokens: maxTokens } }
}
