/** Why a document cannot be fetched from there; `undefined` where it can. */
export function notPublic(address: string): string | undefined {
  let url: URL
  try {
    url = new URL(address)
  } catch {
    return 'document_url is not an address'
  }
  if (url.protocol !== 'https:') return 'document_url must use HTTPS'
  return isPrivate(url.hostname) ? 'document_url must be a public address' : undefined
}

/** Loopback, private and local hosts. The URL parser has already written every form of an IPv4 address as four numbers. */
export function isPrivate(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '').toLowerCase()
  if (host.includes(':')) return privateV6(host)
  if (/^\d+(?:\.\d+){3}$/.test(host)) return privateV4(host)
  return !host.includes('.') || /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|localdomain|home\.arpa)$/.test(host)
}

function privateV4(host: string): boolean {
  const [a = 0, b = 0] = host.split('.').map(Number)
  return a === 0 || a === 10 || a === 127 || a >= 224 || (a === 100 && b >= 64 && b < 128) || (a === 169 && b === 254) || (a === 172 && b >= 16 && b < 32) || (a === 192 && (b === 168 || b === 0)) || (a === 198 && (b === 18 || b === 19))
}

/** Global unicast is 2000::/3 only; 6to4 and NAT64 could lead back inside. */
function privateV6(host: string): boolean {
  return !/^[23][0-9a-f]{3}:/.test(host) || /^2002:|^2001:(?:0|db8):/.test(host)
}

/** The last part of the path: what the rules about file names go by. */
export function fileNameOf(address: string): string {
  const { pathname } = new URL(address)
  const name = pathname.slice(pathname.lastIndexOf('/') + 1)
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
