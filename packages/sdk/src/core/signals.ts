/**
 * Many calls may share one signal. However many there are, the signal gets one listener, and none when the last of them is done:
 * more would make Node warn of a leak.
 */
const listening = /* @__PURE__ */ new WeakMap<AbortSignal, { readonly all: Set<() => void>; readonly fire: () => void }>()

export function onAbort(signal: AbortSignal, listener: () => void): void {
  let entry = listening.get(signal)
  if (entry === undefined) {
    const all = new Set<() => void>()
    const fire = () => {
      listening.delete(signal)
      for (const each of all) each()
    }
    entry = { all, fire }
    listening.set(signal, entry)
    signal.addEventListener('abort', fire, { once: true })
  }
  entry.all.add(listener)
}

export function offAbort(signal: AbortSignal, listener: () => void): void {
  const entry = listening.get(signal)
  if (entry === undefined || !entry.all.delete(listener) || entry.all.size > 0) return
  listening.delete(signal)
  signal.removeEventListener('abort', entry.fire)
}
