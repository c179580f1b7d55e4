import { inspect } from 'node:util'

/** What a test file has used as a secret and what it has shown: log lines, errors, and what programs wrote to stderr. The setup fills it, and greps the one for the other. */
export interface Record {
  readonly secrets: Set<string>
  readonly shown: Shown[]
}

export interface Shown { readonly kind: 'log' | 'console' | 'error' | 'stderr' | 'child'; readonly text: string }

export const record: Record = ((globalThis as { __orkitShown?: Record }).__orkitShown ??= { secrets: new Set(), shown: [] })

/** Enough for every test but the storms, which show the same line a thousand times. */
const MOST = 20_000
/** Shorter ones are found everywhere. */
const SHORTEST = 6
const errors = new WeakSet<object>()
const waiting: object[] = []

export function learn(secret: unknown): void {
  if (typeof secret === 'string' && secret.length >= SHORTEST) record.secrets.add(secret)
}

export function show(kind: Exclude<Shown['kind'], 'error'>, ...values: unknown[]): void {
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

/** The places where a secret shows, raw, URL-encoded or in base64, without showing it again. */
export function findLeaks({ shown, secrets }: Record): string[] {
  const all = shown.map(({ text }) => text).join('\n')
  const leaks = new Set<string>()
  for (const secret of secrets) {
    for (const [name, form] of formsOf(secret)) {
      if (!all.includes(form)) continue
      for (const { kind, text } of shown) {
        const at = text.indexOf(form)
        if (at >= 0) leaks.add(`${kind}: ${text.slice(Math.max(0, at - 60), at)}<a secret of ${secret.length} characters${name}>`)
      }
    }
  }
  return [...leaks]
}

/** A secret in every form in which it travels. In base64 its characters depend on what stands before it: those that do not are looked for. */
export function formsOf(secret: string): Map<string, string> {
  const forms = new Map([['', secret]])
  const encoded = encodeURIComponent(secret)
  if (encoded !== secret) forms.set(', URL-encoded', encoded)
  const bytes = Buffer.from(secret)
  for (const before of [0, 1, 2]) {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    const sure = whole.slice(Math.ceil(before * 8 / 6), Math.floor((before + bytes.length) * 8 / 6))
    if (sure.length < 8) continue
    forms.set(`, in base64 after ${before}`, sure)
    const url = sure.replaceAll('+', '-').replaceAll('/', '_')
    if (url !== sure) forms.set(`, in base64url after ${before}`, url)
  }
  return forms
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value) ?? ''
  } catch {
    return ''
  }
}
