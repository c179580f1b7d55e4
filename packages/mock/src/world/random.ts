/** Seeded random numbers (sfc32 over an xmur3 hash): the same name gives the same numbers in every run. */
export interface Random {
  /** At least 0, below 1. */
  next(): number
  /** A whole number from `min` to `max`, both included. */
  integer(min: number, max: number): number
  pick<T>(values: readonly T[]): T
  hex(length: number): string
}

export function random(name: string): Random {
  const hash = xmur3(name)
  let a = hash(), b = hash(), c = hash(), d = 1
  const uint = (): number => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t | 0
    return t >>> 0
  }
  for (let i = 0; i < 12; i++) uint()
  const next = (): number => uint() / 4294967296
  return {
    next,
    integer: (min, max) => min + Math.floor(next() * (max - min + 1)),
    pick: (values) => values[Math.floor(next() * values.length)]!,
    hex: (length) => {
      let out = ''
      while (out.length < length) out += uint().toString(16).padStart(8, '0')
      return out.slice(0, length)
    },
  }
}

function xmur3(text: string): () => number {
  let h = 1779033703 ^ text.length
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 3432918353)
    h = (h << 13) | (h >>> 19)
  }
  return () => {
    h = Math.imul(h ^ (h >>> 16), 2246822507)
    h = Math.imul(h ^ (h >>> 13), 3266489909)
    return (h ^= h >>> 16) >>> 0
  }
}
