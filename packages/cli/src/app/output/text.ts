import stringWidth from 'string-width'

export { cell, member, printable } from './plain.js'

/** Width in terminal cells; wide characters and emoji count as the terminal draws them. */
export const width = (text: string): number => stringWidth(text)

let segmenter: Intl.Segmenter | undefined

/** Cuts to at most `cells`, never inside a character, with an ellipsis where something was cut: at the end, or at the start. */
export function fit(text: string, cells: number, keep: 'start' | 'end' = 'start'): string {
  if (width(text) <= cells) return text
  const characters = (segmenter ??= new Intl.Segmenter(undefined, { granularity: 'grapheme' })).segment(text)
  const kept: string[] = []
  let used = 0
  for (const { segment } of keep === 'end' ? [...characters].toReversed() : characters) {
    const w = width(segment)
    if (used + w > cells - 1) break
    kept.push(segment)
    used += w
  }
  return keep === 'end' ? `…${kept.toReversed().join('')}` : `${kept.join('')}…`
}
