import type { Attempt } from './deadline.js'
import type { ApiError } from './errors/api.js'
import { errorFrom } from './errors/response.js'
import type { Call } from './pipeline.js'
import type { Redactor } from './redact.js'

/** What comes of an answer that is no success. Loaded with the first of them: whoever gets one has reached the server. */

/** The most of an error's body that is read. */
const ERROR_LIMIT = 256 * 1024

export async function refused(call: Call, response: Response, attempt: Attempt, redactor: Redactor, now: number): Promise<ApiError> {
  let text = ''
  try {
    text = await attempt.run(readLimited(response, ERROR_LIMIT))
  } catch {
    // The status is the news; a body that cannot be had takes nothing from it.
    attempt.cancel()
  }
  return errorFrom({
    profile: call.profile, op: call.op, status: response.status, statusText: response.statusText, headers: response.headers, text,
    attempts: call.attempt, idempotencyKey: call.idempotencyKey, now, clean: redactor.text,
  })
}

/** Reads a body up to a limit and gives the rest up. */
async function readLimited(response: Response, limit: number): Promise<string> {
  const length = Number(response.headers.get('content-length') ?? Number.NaN)
  if (length <= limit || response.body === null) return response.text()
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (let size = 0; size < limit;) {
    const next = await reader.read()
    if (next.done) return text + decoder.decode()
    size += next.value.byteLength
    text += decoder.decode(next.value, { stream: true })
  }
  await reader.cancel()
  return text
}
