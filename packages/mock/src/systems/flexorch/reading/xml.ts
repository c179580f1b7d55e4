/** An element of an XML document, without prefixes. */
export interface Element {
  name: string
  text: string
  children: Element[]
}

const TOKEN = /<!--[^]*?-->|<\?[^]*?\?>|<!\[CDATA\[([^]*?)\]\]>|<!DOCTYPE[^>]*>|<(\/?)([^\s/>]+)[^>]*?(\/?)>|([^<]+)/g
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** The root element; no entities but the five, no attributes, no network. `undefined` where tags do not match. */
export function parseXml(source: string): Element | undefined {
  const top: Element = { name: '', text: '', children: [] }
  const open = [top]
  for (const [, data, closing, tag, empty, text] of source.replace(/^\uFEFF/, '').matchAll(TOKEN)) {
    const parent = open.at(-1)!
    if (tag === undefined) parent.text += data ?? plain(text ?? '')
    else {
      const name = tag.slice(tag.indexOf(':') + 1)
      if (closing) {
        if (open.length < 2 || parent.name !== name) return undefined
        open.pop()
      } else {
        const element: Element = { name, text: '', children: [] }
        parent.children.push(element)
        if (!empty) open.push(element)
      }
    }
  }
  return open.length === 1 ? top.children[0] : undefined
}

/** Every element of that name anywhere below, in order. */
export function all(element: Element, name: string): Element[] {
  return element.children.flatMap((child) => (child.name === name ? [child] : all(child, name)))
}

/** The text at the first of some paths that leads anywhere; each step is looked for at any depth. */
export function textAt(element: Element, ...paths: string[]): string | null {
  for (const path of paths) {
    let current: Element | undefined = element
    for (const step of path.split('/')) current = current && all(current, step)[0]
    const text = current?.text.trim()
    if (text) return text
  }
  return null
}

function plain(text: string): string {
  return text.replaceAll(/&(?:#(\d+)|(\w+));/g, (whole, code?: string, name?: string) => (code === undefined ? (ENTITIES[name!] ?? whole) : String.fromCodePoint(Math.min(Number(code), 0x10ffff))))
}
