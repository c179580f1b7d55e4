import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { rejection } from '../../test/fixture/server.js'
import { webStream } from './web-stream.js'

const later = () => new Promise<void>((resolve) => { setImmediate(resolve) })
const drain = async (stream: ReadableStream<Uint8Array>) => {
  const read: Uint8Array[] = []
  for await (const piece of stream as unknown as AsyncIterable<Uint8Array>) read.push(piece)
  return Buffer.concat(read)
}

it('gives every byte in its order, however it comes and is read (P)', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 50_000 }), { maxLength: 8 }), fc.array(fc.boolean(), { maxLength: 8 }), async (pieces, waits) => {
    const source = new PassThrough()
    const stream = webStream(source, () => undefined)
    const write = async () => {
      for (const [i, piece] of pieces.entries()) {
        if (waits[i] === true) await later()
        source.write(piece)
      }
      source.end()
    }
    const [read] = await Promise.all([drain(stream), write()])
    expect(read.equals(Buffer.concat(pieces))).toBe(true)
  }), { numRuns: 50 })
})

it('tells of a failure after all that came before it', async () => {
  const source = new PassThrough()
  const stream = webStream(source, () => undefined)
  source.write('all of')
  source.write(' this')
  await later()
  source.destroy(new Error('the line is cut'))
  await later()
  const reader = stream.getReader()
  const text = async () => new TextDecoder().decode((await reader.read()).value)
  expect([await text(), await text()]).toEqual(['all of', ' this'])
  expect(await rejection(reader.read())).toMatchObject({ message: 'the line is cut' })
})

it('takes an end without a word for a cut, before it is read and after', async () => {
  const [before, after] = [new PassThrough(), new PassThrough()]
  before.destroy()
  const reading = webStream(after, () => undefined).getReader().read()
  after.destroy()
  for (const failed of [reading, webStream(before, () => undefined).getReader().read()]) expect(await rejection(failed)).toMatchObject({ code: 'ECONNRESET' })
})

it('takes no more than a little ahead, and closes the source when it is left', async () => {
  const source = new PassThrough({ highWaterMark: 1024 })
  const stream = webStream(source, () => undefined)
  let sent = 0
  while (sent < 10_000_000 && source.write(Buffer.alloc(1024))) {
    sent += 1024
    await later()
  }
  expect(sent).toBeLessThan(200_000)
  await stream.cancel()
  expect(source.destroyed).toBe(true)
})
