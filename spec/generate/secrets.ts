import type { Document, Schema } from './openapi.js'

/** What the documents mark as secret: `format: password`, or `x-secret: true` where the format says something else (a signed address). */

const NAME = /(?:^|_)(?:password|secret|token|otp|api_?key|access_key|account_key|private_key|credentials(?:_json)?|connection_string|signed_url)$|(?:Password|Secret|Token|ApiKey)$/i

export function isSecret(schema: Schema): boolean {
  return schema.format === 'password' || schema['x-secret'] === true
}

/** A text whose name says secret and that is neither marked nor said to be none (`x-secret: false`). */
export function isUnmarked(name: string, schema: Schema): boolean {
  const texts = schema.type === 'string' || (Array.isArray(schema.type) && schema.type.includes('string'))
  return texts && NAME.test(name) && !isSecret(schema) && schema['x-secret'] !== false
}

/** Names of all members that are marked, in order. */
export function secretNames(document: Document): string[] {
  const names = new Set<string>()
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, each] of Object.entries(value)) {
      if (key === 'properties' && typeof each === 'object' && each !== null) for (const [name, schema] of Object.entries(each as Record<string, Schema>)) if (isSecret(schema)) names.add(name)
      look(each)
    }
  }
  look(document)
  return [...names].toSorted()
}
