import type { Json, Members } from '../../../kernel/types.js'

/** A cell as text: nothing for null, JSON for what is neither text nor number. */
export function cellOf(value: Json): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** RFC 4180. */
export function csvOf(columns: readonly string[], rows: readonly Members[]): string {
  const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
  return [columns, ...rows.map((row) => columns.map((name) => cellOf(row[name])))].map((cells) => `${cells.map(quoted).join(',')}\r\n`).join('')
}

export function jsonLinesOf(rows: readonly Members[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}

export function markdownOf(title: string, columns: readonly string[], rows: readonly Members[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ')).join(' | ')} |\n`
  return `# ${title}\n\n${line(columns)}${line(columns.map(() => '---'))}${rows.map((row) => line(columns.map((name) => cellOf(row[name])))).join('')}`
}

export function xmlOf(columns: readonly string[], rows: readonly Members[]): string {
  const row = (members: Members): string => columns.filter((name) => members[name] !== null && members[name] !== undefined).map((name) => `<${tagOf(name)}>${escapeXml(cellOf(members[name]))}</${tagOf(name)}>`).join('')
  return `<?xml version="1.0" encoding="UTF-8"?>\n<dataset>\n${rows.map((members) => `  <row>${row(members)}</row>\n`).join('')}</dataset>\n`
}

export function escapeXml(text: string): string {
  // oxlint-disable-next-line no-control-regex -- XML 1.0 has no place for these
  return text.replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F]/g, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

function tagOf(name: string): string {
  const tag = name.replaceAll(/[^\p{L}\p{N}_.-]/gu, '_')
  return /^[\p{L}_]/u.test(tag) ? tag : `_${tag}`
}
