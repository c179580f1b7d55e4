/**
 * A name in the one form in which ours and the server's are compared. Quotes and line ends travel as percent escapes, which a server may or may not resolve; other
 * control characters do not travel; accents may come back composed otherwise.
 */
export function comparableName(name: string): string {
  // oxlint-disable-next-line no-control-regex
  return name.replace(/%(?:22|0D|0A)/gi, (escape) => decodeURIComponent(escape)).replace(/[\u0000-\u001f\u007f]/g, '').normalize('NFC').trim()
}
