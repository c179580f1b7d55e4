/**
 * The root of every error that the SDK throws. `instanceof` works across realms and duplicated installs of the package,
 * because it compares the chain of `kind`s and not the constructors.
 */
export class OrkitError extends Error {
  /** Class name, constant however the code was bundled. */
  get kind(): string { return 'OrkitError' }

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    hide(this, 'name', this.kind)
  }

  toJSON(): Record<string, unknown> {
    return { name: this.kind, message: this.message }
  }

  static override [Symbol.hasInstance](this: { readonly prototype: object }, value: unknown): boolean {
    const own = ownKind(this.prototype)
    return own === undefined ? Object.prototype.isPrototypeOf.call(this.prototype, value as object) : isKind(value, own)
  }
}

/** Whether `value` is an error of that class or of one derived from it, from whatever copy of the package. */
export function isKind(value: unknown, kind: string): boolean {
  for (let link = value; typeof link === 'object' && link !== null; link = Object.getPrototypeOf(link)) {
    if (ownKind(link) === kind) return true
  }
  return false
}

/** A member that does not show when the error is printed or serialised. */
export function hide(error: object, name: string, value: unknown): void {
  Object.defineProperty(error, name, { value, enumerable: false, configurable: true, writable: true })
}

function ownKind(link: object): string | undefined {
  return Object.getOwnPropertyDescriptor(link, 'kind')?.get?.call(link)
}

/** The call itself is wrong: nothing was sent. */
export class InvalidArgumentError extends OrkitError {
  override get kind(): string { return 'InvalidArgumentError' }
}
