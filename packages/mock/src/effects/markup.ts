/** Looking through markup in one pass: nobody's unclosed tags may cost more than their length. */

/** What stands between `<tag ...>` and the next `</tag>`; an element that is not closed ends the search. */
export function elements(source: string, tag: string): string[] {
  const out: string[] = []
  const opening = new RegExp(`<${tag}(?=[\\s/>])`, 'gi')
  const closing = new RegExp(`</${tag}(?=[\\s>])`, 'gi')
  for (;;) {
    if (!opening.test(source)) return out
    const start = source.indexOf('>', opening.lastIndex)
    if (start < 0) return out
    opening.lastIndex = start
    if (source[start - 1] === '/') continue
    closing.lastIndex = start
    const end = closing.exec(source)
    if (!end) return out
    out.push(source.slice(start + 1, end.index))
    opening.lastIndex = closing.lastIndex
  }
}

/** The text without its sections from `begin` to `end`; `keep` says what stands in the place of one. */
export function withoutSections(text: string, begin: string, end: string, keep: (content: string) => string = () => ' '): string {
  let out = ''
  let at = 0
  for (;;) {
    const start = text.indexOf(begin, at)
    const stop = start < 0 ? -1 : text.indexOf(end, start + begin.length)
    if (stop < 0) return out + text.slice(at)
    out += text.slice(at, start) + keep(text.slice(start + begin.length, stop))
    at = stop + end.length
  }
}

/** The text without these elements and what is in them. */
export function withoutElements(text: string, tags: readonly string[]): string {
  let out = text
  for (const tag of tags) {
    const opening = new RegExp(`<${tag}(?=[\\s/>])`, 'gi')
    const closing = new RegExp(`</${tag}\\s{0,100}>`, 'gi')
    let kept = ''
    let at = 0
    for (;;) {
      opening.lastIndex = at
      const start = opening.exec(out)
      if (start) closing.lastIndex = start.index
      if (!start || !closing.test(out)) break
      kept += `${out.slice(at, start.index)} `
      at = closing.lastIndex
    }
    out = kept + out.slice(at)
  }
  return out
}
