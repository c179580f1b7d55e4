import type { StreamInfo } from './operation.js'
import { at } from './pointer.js'

/** What an event or a message says about a failure that ends the stream; undefined when it says nothing. */
export function failureIn(stream: StreamInfo | undefined, value: unknown): unknown {
  const error = stream?.error
  if (error === undefined) return undefined
  if (typeof error === 'string') return at(value, error) ?? undefined
  return error.when.values.includes(at(value, error.when.at)) ? at(value, error.at) ?? value : undefined
}
