import { canColor, type Io, type OutputStream } from '../io.js'

/** How text is set off on a terminal. Each function leaves the cells that the text takes as they are. */
export interface Style {
  /** Headers and names. */
  strong(text: string): string
  /** What is seldom read: nothing, notes. */
  faint(text: string): string
  good(text: string): string
  bad(text: string): string
  busy(text: string): string
  /** Text that opens `url` where the terminal can do that. */
  link(text: string, url: string): string
  /** Times as people say them; undefined: as the server wrote them. */
  readonly now: number | undefined
}

const same = (text: string) => text

/** For pipes and files: nothing is added. */
export const plainStyle: Style = { strong: same, faint: same, good: same, bad: same, busy: same, link: same, now: undefined }

const sgr = (on: number, off: number) => (text: string) => (text === '' ? '' : `\u001b[${on}m${text}\u001b[${off}m`)

/** The style that a stream can show. The sixteen colours only: the terminal's own theme makes them readable, light or dark. */
export function styleOf(io: Io, stream: OutputStream, noColor: boolean): Style {
  const links = canLink(io, stream, noColor)
  if (!canColor(io, stream, noColor)) return stream.isTTY ? { ...plainStyle, now: io.now() } : plainStyle
  return { strong: sgr(1, 22), faint: sgr(2, 22), good: sgr(32, 39), bad: sgr(31, 39), busy: sgr(33, 39), link: links ? hyperlink : same, now: stream.isTTY ? io.now() : undefined }
}

/** OSC 8. The address is encoded, so that nothing in it ends the sequence. */
function hyperlink(text: string, url: string): string {
  if (!URL.canParse(url)) return text
  const { href, protocol } = new URL(url)
  return protocol === 'https:' || protocol === 'http:' ? `\u001b]8;;${href}\u001b\\${text}\u001b]8;;\u001b\\` : text
}

/**
 * Does the terminal behind this stream know hyperlinks? There is no way to ask; these say so by their variables. `FORCE_HYPERLINK` decides for
 * all others, 0 for none.
 */
export function canLink(io: Io, stream: OutputStream, noColor: boolean): boolean {
  const { env } = io
  if (!stream.isTTY || !canColor(io, stream, noColor)) return false
  if (env['FORCE_HYPERLINK']) return env['FORCE_HYPERLINK'] !== '0'
  if (env['CI']) return false
  // GNOME Terminal and its relatives: since 0.50, but 0.50.0 crashed.
  if (Number(env['VTE_VERSION']) > 5000) return true
  if (env['WT_SESSION'] || env['KONSOLE_VERSION'] || env['DOMTERM']) return true
  return /^(iTerm\.app|WezTerm|vscode|ghostty|Hyper|WarpTerminal|rio|zed)$/.test(env['TERM_PROGRAM'] ?? '') || /^(xterm-kitty|xterm-ghostty|alacritty.*|foot.*|contour)$/.test(env['TERM'] ?? '')
}
