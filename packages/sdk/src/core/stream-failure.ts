import type { StreamInfo } from './operation.js'
import { at, reader } from './pointer.js'

/** What an event or a message says about a failure that ends the stream; undefined when it says nothing. */
export function failureIn(stream: StreamInfo | undefined, value: unknown): unknown {
  return failureReader(stream)?.(value)
}

/** `failureIn` for many events of one stream; undefined where the document names no place for it. */
export function failureReader(stream: StreamInfo | undefined): ((value: unknown) => unknown) | undefined {
  const error = stream?.error
  if (error === undefined) return undefined
  if (typeof error === 'string') {
    const read = reader(error)
    return (value) => read(value) ?? undefined
  }
  const kind = reader(error.when.at)
  return (value) => (error.when.values.includes(kind(value)) ? at(value, error.at) ?? value : undefined)
}
