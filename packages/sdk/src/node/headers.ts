import type { IncomingMessage } from 'node:http'

/** The headers of an answer, read the way `Headers` is, without loading the platform's fetch. They cannot be changed, as those of any answer of `fetch`. */
export class NodeHeaders {
  readonly #message: IncomingMessage

  constructor(message: IncomingMessage) {
    this.#message = message
  }

  get(name: string): string | null {
    const value = this.#message.headers[name.toLowerCase()]
    return value === undefined ? null : Array.isArray(value) ? value.join(', ') : value
  }

  has(name: string): boolean {
    return this.#message.headers[name.toLowerCase()] !== undefined
  }

  getSetCookie(): string[] {
    return this.#message.headers['set-cookie'] ?? []
  }

  forEach(each: (value: string, name: string, headers: NodeHeaders) => void): void {
    for (const [name, value] of this.entries()) each(value, name, this)
  }

  *entries(): IterableIterator<[string, string]> {
    for (const [name, value] of Object.entries(this.#message.headers)) {
      if (Array.isArray(value) && name === 'set-cookie') for (const each of value) yield [name, each]
      else if (value !== undefined) yield [name, Array.isArray(value) ? value.join(', ') : value]
    }
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.entries()) yield name
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this.entries()) yield value
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries()
  }

  append(): never {
    throw new TypeError('the headers of an answer cannot be changed')
  }

  set(): never {
    return this.append()
  }

  delete(): never {
    return this.append()
  }

  get [Symbol.toStringTag](): string {
    return 'Headers'
  }

  /** What Node shows of them where they are printed: all but session cookies. */
  [Symbol.for('nodejs.util.inspect.custom')](): object {
    return { ...Object.fromEntries(this.entries()), ...(this.has('set-cookie') ? { 'set-cookie': '[redacted]' } : {}) }
  }
}
