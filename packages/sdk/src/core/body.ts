import type { Progress } from './uploads.js'

/** A request body, ready to be opened once per attempt. */
export interface Body {
  /** Those that describe it, such as `content-type`; they go with every attempt. */
  readonly headers: Readonly<Record<string, string>>
  /** Can be opened again for another attempt. */
  readonly replayable: boolean
  /** The bytes, from the start. */
  open(): BodyInit | Promise<BodyInit>
}

/** Builds multipart bodies; passed in, so that who never uploads does not carry it. */
export type MultipartEncoder = (fields: Readonly<Record<string, unknown>>, files: readonly string[], onProgress?: (progress: Progress) => void) => Body

export function jsonBody(value: unknown): Body {
  const text = JSON.stringify(value)
  return { headers: { 'content-type': 'application/json' }, replayable: true, open: () => text }
}
