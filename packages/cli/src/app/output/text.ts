import stringWidth from 'string-width'

export { cell, member, printable } from './plain.js'

/** Width in terminal cells; wide characters and emoji count as the terminal draws them. */
export const width = (text: string): number => stringWidth(text)

let segmenter: Intl.Segmenter | undefined

/** Cuts to at most `cells`, never inside a character, with an ellipsis where something was cut. */
export function fit(text: string, cells: number): string {
  if (width(text) <= cells) return text
  let out = ''
  let used = 0
  for (const { segment } of (segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })).segment(text)) {
    const w = width(segment)
    if (used + w > cells - 1) break
    out += segment
    used += w
  }
  return `${out}…`
}
