/** A compiled JSON Schema: what ajv's standalone code exports. */
export interface Validate {
  (data: unknown): boolean
  errors?: ValidationIssue[] | null
}

export interface ValidationIssue {
  /** JSON pointer to the value that is wrong. */
  instancePath: string
  /** Schema keyword that refused it. */
  keyword: string
  params: Record<string, unknown>
  message?: string
}
