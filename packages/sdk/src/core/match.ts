import type { Operation } from './operation.js'

/** Finds the operation of a method and a path: literal segments win over parameters. */
export function matchOperation(operations: Readonly<Record<string, Operation>>, method: string, path: string): Operation | undefined {
  const segments = path.replace(/\/+$/, '').split('/')
  let best: Operation | undefined
  let bestLiterals = -1
  for (const id in operations) {
    const op = operations[id]!
    if (op.method !== method || op.stream?.kind === 'websocket') continue
    const template = op.path.replace(/\/+$/, '').split('/')
    if (template.length !== segments.length) continue
    let literals = 0
    const fits = template.every((part, i) => {
      if (part.includes('{')) return segments[i] !== ''
      literals++
      return part === segments[i]
    })
    if (fits && literals > bestLiterals) {
      best = op
      bestLiterals = literals
    }
  }
  return best
}
