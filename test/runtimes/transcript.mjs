// Prints the hash of the story as it is told in process and over a port.
import { createHash } from 'node:crypto'
import { createMock } from '@orkit/mock'
import { story } from './story.mjs'

async function tell(overPort) {
  const { lines, state } = await story(createMock, overPort)
  return { lines: lines.length, told: createHash('sha256').update(lines.join('\n')).digest('hex'), state }
}

process.stdout.write(`${JSON.stringify({ inProcess: await tell(false), port: await tell(true) })}\n`)
