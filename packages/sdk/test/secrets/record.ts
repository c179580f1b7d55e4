import { inspect } from 'node:util'

/** What a test file has used as a secret and what it has shown: log lines and errors. The setup fills it, and greps the one for the other. */
export interface Record {
  readonly secrets: Set<string>
  readonly shown: { readonly kind: 'log' | 'console' | 'error'; readonly text: string }[]
}

export const record: Record = ((globalThis as { __orkitShown?: Record }).__orkitShown ??= { secrets: new Set(), shown: [] })

/** Enough for every test but the storms, which show the same line a thousand times. */
const MOST = 20_000
const errors = new WeakSet<object>()
const waiting: object[] = []

export function show(kind: 'log' | 'console', ...values: unknown[]): void {
  if (record.shown.length < MOST) record.shown.push({ kind, text: values.map((value) => (typeof value === 'string' ? value : inspect(value, { depth: 6 }))).join(' ') })
}

/** Errors are looked at when they are complete. */
export function noteError(error: object): void {
  if (errors.has(error) || waiting.length > MOST) return
  errors.add(error)
  waiting.push(error)
}

/** Everything that somebody who prints or serialises an error would see. */
export function showErrors(): void {
  for (const error of waiting.splice(0, 500)) {
    record.shown.push({ kind: 'error', text: `${String((error as Error).message)} ${String((error as Error).stack)} ${inspect(error, { depth: 5 })} ${json(error)}` })
  }
  waiting.length = 0
}

/** The places where a secret shows, without showing it again. */
export function findLeaks({ shown, secrets }: Record): string[] {
  const leaks: string[] = []
  for (const { kind, text } of shown) {
    for (const secret of secrets) {
      const at = text.indexOf(secret)
      if (at >= 0) leaks.push(`${kind}: ${text.slice(Math.max(0, at - 60), at)}<a secret of ${secret.length} characters>`)
    }
  }
  return [...new Set(leaks)]
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}
