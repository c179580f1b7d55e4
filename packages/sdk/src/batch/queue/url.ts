import { QueueError } from './errors.js'

/** The address without user, password and query, for everything that is shown or kept. */
export function redactQueueUrl(url: string): string {
  try {
    const { protocol, host, pathname, username, password } = new URL(url)
    return `${protocol}//${username !== '' || password !== '' ? '***@' : ''}${host}${pathname === '/' ? '' : pathname}`
  } catch {
    return '***'
  }
}

/** Throws `QueueError` when the text is no address of a Redis. */
export function checkQueueUrl(url: string): string {
  const protocol = URL.canParse(url) ? new URL(url).protocol : undefined
  if (protocol === 'redis:' || protocol === 'rediss:') return url
  throw new QueueError('the queue is not an address of a Redis server', 'config', 'Use redis://host:6379, or rediss:// for TLS; user and password may be in it: rediss://user:password@host:6379/0.')
}
