/** JSON whose shape the request's validator has already checked: behaviours read it without further proof. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any

/** A stored object. Members that begin with `_` are internal: no answer ever shows them. */
export interface Row {
  readonly id: string | number
  [member: string]: Json
}

/** What is stored: plain JSON only. */
export type Members = Record<string, Json>
