import type { ApiClient } from '@orkit/sdk/core'
import { canPrompt, type Io } from '../app/io.js'
import type { Context, Input, Result } from '../app/command.js'
import type { CommandManifest, SystemManifest } from '../app/manifest.js'
import { UsageError } from '../app/usage-error.js'

export interface Turn {
  readonly text: string
  /** Undefined: only for people, as the line end after an answer. */
  readonly event: unknown
}

/** One message, a pipe, or a conversation on the terminal. */
export async function runChat(manifest: SystemManifest, operation: CommandManifest, context: Context, input: Input): Promise<Result> {
  const { io, settings } = context
  const given = (input.values['message'] as readonly string[] | undefined) ?? []
  const talks = given.length === 0 && canPrompt(io, !settings.input)
  const message = talks ? undefined : await text(given, io)
  if (settings.dryRun && message === undefined) throw new UsageError('--dry-run needs a message', `Give one: orkit ${manifest.system} chat --dry-run 'What is the refund policy?'`)
  if (message?.trim() === '') throw new UsageError('no message', `Give one: orkit ${manifest.system} chat 'What is the refund policy?'`)
  const client = await context.client(manifest.system)
  if (settings.dryRun && message !== undefined) {
    const { curl } = await import('./curl.js')
    const { plainText } = await import('./operation.js')
    return plainText(await curl(client, operation.id, { path: {}, params: paramsOf(operation, input, message, input.values['continue'] as string | undefined) }))
  }
  const conversation = new Conversation(client, operation, input, io.signal)
  if (message !== undefined) return { kind: 'text', chunks: conversation.say(message) }
  const { interactive } = await import('./chat-interactive.js')
  return { kind: 'text', chunks: interactive(conversation, context, manifest.system) }
}

/** The words of the message; `-` stands for what comes on stdin, and so does no word at all. */
async function text(given: readonly string[], io: Io): Promise<string> {
  if (given.length === 0) return (await io.stdin.text()).trim()
  const parts: string[] = []
  for (const part of given) parts.push(part === '-' ? (await io.stdin.text()).trimEnd() : part)
  return parts.join('\n\n')
}

/** Keeps the id of the conversation from one message to the next. */
export class Conversation {
  private id: string | undefined
  constructor(
    private readonly client: ApiClient,
    private readonly operation: CommandManifest,
    private readonly input: Input,
    private readonly signal: AbortSignal,
  ) {
    this.id = input.values['continue'] as string | undefined
  }

  /** Sends a message and gives the answer as it comes; `stop` ends the answer, not the conversation. */
  async *say(message: string, stop?: AbortSignal): AsyncGenerator<Turn> {
    const streams = this.operation.output === 'stream'
    const params = paramsOf(this.operation, this.input, message, this.id)
    const signal = stop ? AbortSignal.any([this.signal, stop]) : this.signal
    const call = this.client.request(this.operation.id, { params }, { signal })
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

function paramsOf(operation: CommandManifest, { values }: Input, message: string, id: string | undefined): Record<string, unknown> {
  const llmConfig = { ...(values['model'] ? { model: values['model'] } : {}), ...(values['provider'] ? { provider: values['provider'] } : {}) }
  return {
    message,
    ...(values['system-prompt'] ? { systemPrompt: values['system-prompt'] } : {}),
    ...(Object.keys(llmConfig).length > 0 ? { llmConfig } : {}),
    ...(id ? { [operation.output === 'stream' ? 'conversationId' : 'conversation_id']: id } : {}),
  }
}
