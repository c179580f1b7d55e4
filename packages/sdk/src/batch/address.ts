/** An address without user, query and fragment: those may hold a signature. */
export function bareAddress(url: string): string {
  if (!URL.canParse(url)) return '(no address)'
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`
}
