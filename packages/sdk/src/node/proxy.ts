import { InvalidArgumentError } from '../core/errors/base.js'
import { isLoopback } from '../core/url.js'
import { bareHost } from './address.js'

/** Which proxy a request goes through, by the usual variables. */

export type Env = Readonly<Record<string, string | undefined>>

/**
 * This machine is never asked for through one: the proxy would look for it on its own. A proxy of another kind (SOCKS) is passed over, and one that cannot be
 * understood is an `InvalidArgumentError`: to go around it in silence could be what it is there to prevent.
 */
export function proxyFor(url: URL, env: Env): URL | undefined {
  if (isLoopback(url.hostname)) return undefined
  const read = (name: string): readonly [name: string, value: string] | undefined => {
    const found = [name.toLowerCase(), name].find((each) => env[each])
    return found === undefined ? undefined : [found, env[found]!.trim()]
  }
  if (isExcluded(url, read('NO_PROXY')?.[1])) return undefined
  // HTTP_PROXY in capitals may be set by a request header where a program runs as CGI.
  const forged = url.protocol === 'http:' && env['REQUEST_METHOD'] !== undefined && !env['http_proxy']
  const [name, value] = (forged ? undefined : read(url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY')) ?? read('ALL_PROXY') ?? []
  if (name === undefined || !value) return undefined
  const address = /^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`
  // Its text may hold a password, so it is not shown.
  if (!URL.canParse(address)) throw new InvalidArgumentError(`the environment variable ${name} is not the address of a proxy: write it as http://host:port, or http://user:password@host:port with special characters percent-encoded`)
  const proxy = new URL(address)
  return proxy.protocol === 'http:' || proxy.protocol === 'https:' ? proxy : undefined
}

/** `*`, `host`, `.domain`, `*.domain`, each with an optional port. A bare domain covers its subdomains too, as curl has it. */
export function isExcluded(url: URL, list: string | undefined): boolean {
  if (list === undefined) return false
  const host = bareHost(url.hostname).toLowerCase()
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return list.toLowerCase().split(/[\s,]+/).filter(Boolean).some((entry) => {
    if (entry === '*') return true
    const match = /^(\[[^\]]+\]|[^:]+|.*:.*:.*?)(?::(\d+))?$/.exec(entry)
    const name = bareHost(match?.[1] ?? entry).replace(/^\*?\./, '')
    if (match?.[2] !== undefined && match[2] !== port) return false
    return host === name || host.endsWith(`.${name}`)
  })
}
