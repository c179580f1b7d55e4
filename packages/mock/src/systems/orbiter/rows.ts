import { parseJson } from '../../kernel/body.js'
import type { Context } from '../../kernel/context.js'
import { crudFor } from '../../kernel/crud.js'
import type { Reply } from '../../kernel/reply.js'
import type { Json, Members } from '../../kernel/types.js'

export const STAMPS = { created: 'created_at', updated: 'updated_at' }

/** Members of a new row: its id, what must be sent, and the rest as sent or by default. What is not named is dropped. */
export function draft(c: Context, collection: string, required: readonly string[], defaults: Members): Members {
  const row: Members = { id: c.id(collection) }
  for (const name of required) row[name] = c.body[name]
  for (const name in defaults) row[name] = c.body[name] ?? defaults[name]
  return row
}

/** What an update really changes: `null` and unknown members count as not sent. Nothing at all is refused. */
export function changes(c: Context, fields: readonly string[], code = 'VALIDATION_ERROR'): Members {
  const sent = given(c.body, fields)
  return Object.keys(sent).length === 0 ? c.fail(code, 'No fields to update') : sent
}

export function given(body: Json, fields: readonly string[]): Members {
  const sent: Members = {}
  for (const name of fields) if (body?.[name] !== undefined && body[name] !== null) sent[name] = body[name]
  return sent
}

/** Takes tags and script-like text out of a name or a description, after its length was checked, as the server does. */
export function clean(text: string): string {
  // Behind the last `>` no tag can end: looking for one from each `<` there would take for ever.
  const end = text.lastIndexOf('>') + 1
  return (text.slice(0, end).replaceAll(/<[^>]*>/g, '') + text.slice(end)).replaceAll(/javascript:|vbscript:|data:text\/html/gi, '').replaceAll(/\bon\w+\s*=/gi, '')
}

export function cleaned(members: Members): Members {
  const out = { ...members }
  for (const name of ['name', 'description']) if (typeof out[name] === 'string') out[name] = clean(out[name])
  return out
}

/** The default behaviour of another operation, answering for this one. */
export function conventionOf(c: Context, id: string): Reply {
  const behave = crudFor({ ...c.op, id }, c.world.system.collections)
  if (!behave) throw new Error(`No collection answers ${id}`)
  return behave(c) as Reply
}

/** A list that the API keeps as JSON in a string; empty when it is none. */
export function listIn(json: Json): Json[] {
  try {
    const value: unknown = parseJson(String(json))
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}

export function round(value: number, digits = 6): number {
  const factor = 10 ** digits
  return Math.round(value * factor) / factor
}
