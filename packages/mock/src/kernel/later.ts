/** A value that is mostly there at once. A request that waits for nothing is answered without a promise: five of them cost more than the whole rest. */
export type Later<T> = T | Promise<T>

/** Goes on with the value, now if it is there. */
export function chain<T, R>(value: Later<T>, next: (value: T) => Later<R>): Later<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}
