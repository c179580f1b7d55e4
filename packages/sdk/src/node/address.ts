/** An address taken apart as far as a request needs it. */
export interface Address {
  readonly origin: string
  /** Path and query. */
  readonly path: string
}

/** A host as sockets and variables know it: an IPv6 address without the brackets that it has in a URL. */
export const bareHost = (hostname: string): string => hostname.replace(/^\[|\]$/g, '')

/** Lower-case host, and a path in which nothing is left to escape, to resolve or to cut off. */
const PLAIN = /^(https?:\/\/[a-z\d.:[\]-]+)(\/[\w/~%.-]*(?:\?[\w/~%.=&+-]+)?)$/
const DOTS = /\/(?:\.|%2e)/i

/** What `new URL` says, without its cost for the addresses that the SDK makes. */
export function parseAddress(address: string): Address {
  const plain = PLAIN.exec(address)
  if (plain !== null && !DOTS.test(address)) return { origin: plain[1]!, path: plain[2]! }
  const { origin, pathname, search } = new URL(address)
  return { origin, path: pathname + search }
}
