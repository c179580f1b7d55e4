import type { Command } from '../app/command.js'
import type { CommandManifest, SystemManifest } from '../app/manifest.js'
import { flag } from '../app/settings.js'

/** `chat` for the systems that have a chat operation. */
export function chatCommands(manifest: SystemManifest): readonly Command[] {
  const operation = chatOperation(manifest)
  if (!operation) return []
  const has = (name: string) => operation.flags.some((f) => f.name === name)
  return [
    {
      path: [manifest.system, 'chat'],
      summary: operation.output === 'stream' ? 'Chat, with the answer as it comes' : 'Chat',
      description: 'Sends one message and prints the answer. Without a message it reads stdin; on a terminal it goes on until Ctrl-D.',
      args: [{ name: 'message', in: 'body', type: 'string', description: 'what to say; - or nothing reads stdin' }],
      flags: [
        ...(has('systemPrompt') ? [flag('system-prompt', 'instructions for the model')] : []),
        ...(has('llmConfig.model') ? [flag('model', 'model to answer with'), flag('provider', 'provider of the model')] : []),
        flag('continue', 'id of the conversation to go on with'),
      ],
      examples: ["'What is the refund policy?'"],
      facts: [['Operation', operation.id]],
      load: async () => {
        const { runChat } = await import('./chat.js')
        return (context, input) => runChat(manifest, operation, context, input)
      },
    },
  ]
}

const chatOperation = (manifest: SystemManifest): CommandManifest | undefined =>
  manifest.commands.find((entry) => entry.id === 'chat.stream') ?? manifest.commands.find((entry) => entry.id === 'chat.query')
