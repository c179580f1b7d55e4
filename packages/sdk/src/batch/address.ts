import { createRedactor } from '../core/redact.js'
import type { Item } from './types.js'

const { url: withoutSecrets } = createRedactor()

/** An address as it may be shown: user, password, and values of its query that sign or carry a credential are hidden. */
export function shownAddress(url: string): string {
  return withoutSecrets(url.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/i, '$1'))
}

/** What an item is called wherever people or logs see it. */
export function shownPath({ kind, path }: Pick<Item, 'kind' | 'path'>): string {
  return kind === 'url' ? shownAddress(path) : path
}

/** An address without user, query and fragment: those may hold a signature. */
export function bareAddress(url: string): string {
  if (!URL.canParse(url)) return '(no address)'
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}
