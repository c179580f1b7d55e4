/** Which proxy a request goes through, by the usual variables. */

export type Env = Readonly<Record<string, string | undefined>>

export function proxyFor(url: URL, env: Env): URL | undefined {
  const get = (name: string) => env[name.toLowerCase()] || env[name] || undefined
  if (isExcluded(url, get('NO_PROXY'))) return undefined
  // HTTP_PROXY in capitals may be set by a request header where a program runs as CGI.
  const value = url.protocol === 'https:' ? get('HTTPS_PROXY') : env['http_proxy'] || (env['REQUEST_METHOD'] === undefined ? env['HTTP_PROXY'] : undefined)
  const proxy = value || get('ALL_PROXY')
  if (!proxy) return undefined
  const parsed = new URL(/^[a-z][a-z\d+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`)
  return parsed.protocol === 'http:' || parsed.protocol === 'https:' ? parsed : undefined
}

/** `*`, `host`, `.domain`, `*.domain`, each with an optional port. A bare domain covers its subdomains too, as curl has it. */
export function isExcluded(url: URL, list: string | undefined): boolean {
  if (list === undefined) return false
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return list.toLowerCase().split(/[\s,]+/).filter(Boolean).some((entry) => {
    if (entry === '*') return true
    const match = /^(\[[^\]]+\]|[^:]+|.*:.*:.*?)(?::(\d+))?$/.exec(entry)
    const name = (match?.[1] ?? entry).replace(/^\[|\]$/g, '').replace(/^\*?\./, '')
    if (match?.[2] !== undefined && match[2] !== port) return false
    return host === name || host.endsWith(`.${name}`)
  })
}
