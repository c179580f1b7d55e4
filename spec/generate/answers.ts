/** Which schemas travel from the server to a client: in responses, stream events and webhooks. */

import { eachOperation } from './assemble.js'
import type { Document } from './openapi.js'

export function answerSchemas(document: Document): Set<string> {
  const found = new Set<string>()
  const follow = (value: unknown): void => {
    for (const [, name] of JSON.stringify(value ?? {}).matchAll(/"#\/components\/schemas\/([^"/]+)"/g)) {
      if (found.has(name!)) continue
      found.add(name!)
      follow(document.components.schemas?.[name!])
    }
  }
  for (const { operation } of eachOperation(document)) follow([operation.responses, operation['x-orkit']?.stream?.event])
  follow(document.components.responses)
  for (const item of Object.values(document.webhooks ?? {})) follow(item.post?.requestBody)
  return found
}
