import type { ApiClient } from '@orkit/sdk/core'
import { canPrompt } from '../app/io.js'
import type { Context, Input, Result } from '../app/command.js'
import type { CommandManifest, SystemManifest } from '../app/manifest.js'
import { UsageError } from '../app/usage-error.js'

interface Turn {
  readonly text: string
  readonly event: unknown
}

/** One message, a pipe, or a conversation on the terminal. */
export async function runChat(manifest: SystemManifest, operation: CommandManifest, context: Context, input: Input): Promise<Result> {
  const { io, settings } = context
  const client = await context.client(manifest.system)
  const conversation = new Conversation(client, operation, input, io.signal)
  const message = input.values['message'] as string | undefined
  if (message !== undefined && message !== '-') return { kind: 'text', chunks: conversation.say(message) }
  if (message === undefined && canPrompt(io, !settings.input)) return { kind: 'text', chunks: interactive(conversation, context) }
  const text = (await io.stdin.text()).trim()
  if (text === '') throw new UsageError('no message', `Give one: orkit ${manifest.system} chat 'What is the refund policy?'`)
  return { kind: 'text', chunks: conversation.say(text) }
}

async function* interactive(conversation: Conversation, context: Context): AsyncGenerator<Turn> {
  await context.note('Ctrl-D ends the conversation.')
  const { io } = context
  await io.stderr.write('> ')
  for await (const line of io.stdin.lines()) {
    if (line.trim() !== '') {
      yield* conversation.say(line)
      yield { text: '\n', event: undefined }
    }
    await io.stderr.write('> ')
  }
}

/** Keeps the id of the conversation from one message to the next. */
class Conversation {
  private id: string | undefined
  constructor(
    private readonly client: ApiClient,
    private readonly operation: CommandManifest,
    private readonly input: Input,
    private readonly signal: AbortSignal,
  ) {
    this.id = input.values['continue'] as string | undefined
  }

  async *say(message: string): AsyncGenerator<Turn> {
    const { values } = this.input
    const llmConfig = { ...(values['model'] ? { model: values['model'] } : {}), ...(values['provider'] ? { provider: values['provider'] } : {}) }
    const streams = this.operation.output === 'stream'
    const params = {
      message,
      ...(values['system-prompt'] ? { systemPrompt: values['system-prompt'] } : {}),
      ...(Object.keys(llmConfig).length > 0 ? { llmConfig } : {}),
      ...(this.id ? { [streams ? 'conversationId' : 'conversation_id']: this.id } : {}),
    }
    const call = this.client.request(this.operation.id, { params }, { signal: this.signal })
    if (!streams) {
      const answer = (await (call as PromiseLike<unknown>)) as { answer?: string; conversation_id?: string }
      this.id = answer.conversation_id ?? this.id
      yield { text: answer.answer ?? '', event: answer }
      return
    }
    for await (const event of await (call as PromiseLike<AsyncIterable<{ content?: string; conversationId?: string }>>)) {
      this.id = event.conversationId ?? this.id
      yield { text: event.content ?? '', event }
    }
  }
}
