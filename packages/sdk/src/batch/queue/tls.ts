import { isIP } from 'node:net'
import { PERMANENT } from '../../core/connection.js'
import { bareHost } from '../../node/address.js'

/** What the driver is told of TLS: it looks for `rediss` in small letters only, and names no host to servers that have several certificates. */
export function tlsOf(url: string): { readonly tls?: { readonly servername?: string } } {
  const { protocol, hostname } = new URL(url)
  if (protocol !== 'rediss:') return {}
  return { tls: hostname === '' || isIP(bareHost(hostname)) !== 0 ? {} : { servername: hostname } }
}

/** A certificate or a protocol that will be the same at the next try. */
export const isTlsRefusal = (error: Error): boolean => PERMANENT.test(String((error as NodeJS.ErrnoException).code))

/** What to do about a connection that did not come about. */
export function connectionHint(code: string | undefined, shown: string): string {
  const ours = shown.startsWith('rediss:')
  if (code === 'CERT_HAS_EXPIRED') return 'Renew the certificate of Redis.'
  if (code === 'CERT_NOT_YET_VALID') return 'Check the clock of this machine and the certificate of Redis.'
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || code === 'HOSTNAME_MISMATCH') return 'Give the host of the address as it stands in the certificate of Redis.'
  if (code?.startsWith('ERR_SSL_') === true) return 'Check that the port of the address is the TLS port of Redis (tls-port), and that it asks for no certificate of its clients (tls-auth-clients no).'
  if (code !== undefined && PERMANENT.test(code)) return 'This machine does not trust the certificate of Redis: name the file (PEM) of the authority that signed it in NODE_EXTRA_CA_CERTS, before the program starts.'
  const port = ours && /^(ECONNRESET|EPIPE|ETIMEDOUT)$/.test(code ?? '') ? ', that its port speaks TLS (redis:// is without) and asks for no certificate of its clients (tls-auth-clients no)' : !ours && code === 'ECONNRESET' ? ', and use rediss:// if its port speaks TLS' : ''
  return `Check that it runs and that the address is right${port}; nothing was queued by this run.`
}
