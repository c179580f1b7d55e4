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
      description: "Sends one message and prints the answer. Without a message it reads stdin; on a terminal it is a conversation until Ctrl-D, with history (up and down), lines that go on after a \\ or between two \"\"\", and Ctrl-C to stop an answer.",
      args: [{ name: 'message', in: 'body', type: 'string', variadic: true, description: 'what to say; - stands for what comes on stdin, as nothing does' }],
      flags: [
        ...(has('systemPrompt') ? [flag('system-prompt', 'instructions for the model')] : []),
        ...(has('llmConfig.model') ? [flag('model', 'model to answer with'), flag('provider', 'provider of the model')] : []),
        flag('continue', 'id of the conversation to go on with'),
      ],
      examples: ["'What is the refund policy?'", "'What is the refund policy?' -o jsonl"],
      dryRun: true,
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
