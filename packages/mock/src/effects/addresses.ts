/** Which hosts a request may be sent to. Host names come from the URL parser, which writes every form of an IPv4 address as four numbers. */

export function isLoopback(hostname: string): boolean {
  const host = bare(hostname)
  return host === '::1' || /^127(?:\.\d+){3}$/.test(host) || /(?:^|\.)localhost$/.test(host)
}

/** Loopback, private, local and reserved hosts, as numbers or by name. */
export function isPrivate(hostname: string): boolean {
  const host = bare(hostname)
  if (host.includes(':')) return privateV6(host)
  if (/^\d+(?:\.\d+){3}$/.test(host)) return privateV4(host)
  return !host.includes('.') || /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|localdomain|home\.arpa)$/.test(host)
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '').toLowerCase()
}

/** RFC 6890: this network, private, shared, loopback, link-local, protocol assignments, documentation, benchmarks, multicast, reserved. */
function privateV4(host: string): boolean {
  const [a = 0, b = 0, c = 0] = host.split('.').map(Number)
  return a === 0 || a === 10 || a === 127 || a >= 224
    || (a === 100 && b >= 64 && b < 128) || (a === 169 && b === 254) || (a === 172 && b >= 16 && b < 32)
    || (a === 192 && (b === 168 || (b === 0 && (c === 0 || c === 2))))
    || (a === 198 && (b === 18 || b === 19 || (b === 51 && c === 100))) || (a === 203 && b === 0 && c === 113)
}

/** Global unicast is 2000::/3 only; Teredo, 6to4 and NAT64 could lead back inside. */
function privateV6(host: string): boolean {
  return !/^[23][0-9a-f]{3}:/.test(host) || /^2002:|^2001:(?:0?:|db8:)/.test(host)
}
