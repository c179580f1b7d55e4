import { unescapeMarkup } from '../../../effects/entities.js'

/** An element of an XML document, without prefixes. */
export interface Element {
  name: string
  text: string
  children: Element[]
}

const MAX_DEPTH = 200

/** Markup that is skipped, or (CDATA) taken as it is: how it begins and how it ends. */
const SECTIONS: readonly (readonly [string, string])[] = [['<!--', '-->'], ['<![CDATA[', ']]>'], ['<?', '?>'], ['<!', '>']]

/** The root element; no entities of its own, no attributes, no network. In one pass; `undefined` for what is not well-formed. */
export function parseXml(source: string): Element | undefined {
  const top: Element = { name: '', text: '', children: [] }
  const open = [top]
  let at = 0
  while (at < source.length) {
    const parent = open.at(-1)!
    const next = source.indexOf('<', at)
    if (next !== at) {
      parent.text += unescapeMarkup(source.slice(at, next < 0 ? undefined : next))
      if (next < 0) break
      at = next
      continue
    }
    const section = SECTIONS.find(([begin]) => source.startsWith(begin, at))
    const end = source.indexOf(section?.[1] ?? '>', at + (section?.[0].length ?? 1))
    if (end < 0) return undefined
    if (section?.[0] === '<![CDATA[') parent.text += source.slice(at + 9, end)
    else if (!section && !tag(source.slice(at + 1, end), open)) return undefined
    at = end + (section?.[1].length ?? 1)
  }
  return open.length === 1 ? top.children[0] : undefined
}

/** Opens or closes an element; says whether that is in order. */
function tag(content: string, open: Element[]): boolean {
  const parent = open.at(-1)!
  const name = /^\/?([^\s/]+)/.exec(content)?.[1]
  if (name === undefined) return false
  const local = name.slice(name.indexOf(':') + 1)
  if (content.startsWith('/')) return open.length > 1 && open.pop()!.name === local
  const element: Element = { name: local, text: '', children: [] }
  parent.children.push(element)
  if (!content.endsWith('/')) open.push(element)
  return open.length <= MAX_DEPTH
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
