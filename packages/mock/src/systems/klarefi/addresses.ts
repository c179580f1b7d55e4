import { isPrivate } from '../../effects/addresses.js'

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
