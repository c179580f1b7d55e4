/** File names as they travel, and as a listing gives them back. */

/** The last part of a path or name, without spaces around it: what an upload calls the file. */
export function fileName(path: string): string {
  const last = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1).trim()
  return last === '' || last === '.' || last === '..' ? 'file' : last
}

/**
 * A name in the one form in which ours and the server's are compared. Quotes and line ends travel as percent escapes, which a server may or may not resolve; other
 * control characters do not travel; accents may come back composed otherwise.
 */
export function comparableName(name: string): string {
  // oxlint-disable-next-line no-control-regex
  return name.replace(/%(?:22|0D|0A)/gi, (escape) => decodeURIComponent(escape)).replace(/[\u0000-\u001f\u007f]/g, '').normalize('NFC').trim()
}
