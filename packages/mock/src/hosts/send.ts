import type { WorldOptions } from '../world/options.js'

/** Over the network. A redirect is an answer like any other and is not followed: it could lead anywhere. */
export const send: NonNullable<WorldOptions['send']> = async (url, init) => {
  const { status, body } = await globalThis.fetch(url, { ...init, redirect: 'manual' })
  await body?.cancel()
  return { status }
}
