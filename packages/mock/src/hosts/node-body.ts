import type { IncomingMessage } from 'node:http'
import { RequestError } from '../kernel/request.js'
import { BODY_CAP } from './request.js'

/**
 * The bytes of a request. What is too much is refused at once, and what still comes is thrown away rather than the connection: a client that is
 * in the middle of sending would see a reset instead of the answer.
 */
export function readBody(request: IncomingMessage, most: number = BODY_CAP): Promise<Uint8Array> {
  const cap = Math.min(most, BODY_CAP)
  return new Promise((resolve, reject) => {
    const tooLarge = new RequestError('tooLarge', `The body is larger than ${cap} bytes`)
    if (Number(request.headers['content-length'] ?? 0) > cap) {
      request.resume()
      reject(tooLarge)
      return
    }
    let chunks: Buffer[] = []
    let total = 0
    request.on('data', (chunk: Buffer) => {
      total += chunk.length
      if (total <= cap) chunks.push(chunk)
      else {
        chunks = []
        reject(tooLarge)
      }
    })
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    request.on('error', reject)
    request.on('close', () => reject(new RequestError('malformed', 'The client went away before the end of the body')))
  })
}
