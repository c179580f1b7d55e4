// Streams an answer of Orckai's chat as it is written; Ctrl-C ends it. Usage: chat.ts <message>
import { AbortedError, Orckai, StreamError } from '@orkit/sdk/orckai'

const orckai = new Orckai()
const stopped = new AbortController()
process.once('SIGINT', () => stopped.abort())

try {
  for await (const event of orckai.chat.stream({ message: process.argv[2] ?? 'What is a knowledge base?' }, { signal: stopped.signal })) process.stdout.write(event.content)
  process.stdout.write('\n')
} catch (error) {
  if (error instanceof AbortedError) process.exit(130)
  // Never a short answer without a word: what came so far is in the error.
  if (error instanceof StreamError) console.error(`\nthe answer broke off after ${error.received} events: ${error.message}`)
  throw error
}
