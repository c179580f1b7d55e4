/**
 * SHA-256 and HMAC by FIPS 180-4 and RFC 2104, for callers that cannot wait for WebCrypto. Checked against the vectors of RFC 4231 and against WebCrypto.
 */

const BLOCK = 64

/** Round constants: the fractions of the cube roots of the first 64 primes. */
let constants: { readonly k: Uint32Array; readonly h: Uint32Array } | undefined

function tables(): { readonly k: Uint32Array; readonly h: Uint32Array } {
  if (constants !== undefined) return constants
  const k = new Uint32Array(64)
  const h = new Uint32Array(8)
  const fraction = (value: number) => (value - Math.floor(value)) * 2 ** 32
  for (let candidate = 2, found = 0; found < 64; candidate++) {
    if (!isPrime(candidate)) continue
    if (found < 8) h[found] = fraction(Math.sqrt(candidate))
    k[found++] = fraction(Math.cbrt(candidate))
  }
  return (constants = { k, h })
}

function isPrime(n: number): boolean {
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false
  return true
}

export function sha256(message: Uint8Array): Uint8Array {
  const { k, h } = tables()
  const length = message.byteLength
  const padded = new Uint8Array(Math.ceil((length + 9) / BLOCK) * BLOCK)
  padded.set(message)
  padded[length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.byteLength - 8, Math.floor(length / 2 ** 29))
  view.setUint32(padded.byteLength - 4, length << 3)
  const state = Uint32Array.from(h)
  const w = new Uint32Array(64)
  for (let offset = 0; offset < padded.byteLength; offset += BLOCK) {
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(offset + i * 4)
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15]!
      const y = w[i - 2]!
      w[i] = w[i - 16]! + (rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3)) + w[i - 7]! + (rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10))
    }
    let [a, b, c, d, e, f, g, z] = state as unknown as [number, number, number, number, number, number, number, number]
    for (let i = 0; i < 64; i++) {
      const t1 = (z + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + k[i]! + w[i]!) | 0
      const t2 = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
      z = g; g = f; f = e; e = (d + t1) | 0; d = c; c = b; b = a; a = (t1 + t2) | 0
    }
    for (const [i, value] of [a, b, c, d, e, f, g, z].entries()) state[i]! += value
  }
  const digest = new Uint8Array(32)
  const out = new DataView(digest.buffer)
  state.forEach((word, i) => out.setUint32(i * 4, word))
  return digest
}

export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK)
  block.set(key.byteLength > BLOCK ? sha256(key) : key)
  const inner = join(block.map((byte) => byte ^ 0x36), message)
  return sha256(join(block.map((byte) => byte ^ 0x5c), sha256(inner)))
}

function rotate(value: number, by: number): number {
  return (value >>> by) | (value << (32 - by))
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.byteLength + b.byteLength)
  whole.set(a)
  whole.set(b, a.byteLength)
  return whole
}
