/** Where a text stops being JSON, in words of our own: those of JSON.parse differ from engine to engine, and answers may not. `undefined` where it is JSON. */
export function jsonFault(text: string): string | undefined {
  const at = faultAt(text)
  if (at === undefined) return undefined
  if (at >= text.length) return `it ends too early, at position ${text.length}`
  return `unexpected ${JSON.stringify(String.fromCodePoint(text.codePointAt(at)!))} at position ${at}`
}

const LITERALS: Readonly<Record<string, string>> = { t: 'true', f: 'false', n: 'null' }
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y

/** Of the first character that no JSON text can have there; the length where more had to come. */
function faultAt(text: string): number | undefined {
  const open: string[] = []
  let at = blank(text, 0)
  for (;;) {
    // A value begins here.
    const c = text[at]
    if (c === '{' || c === '[') {
      at = blank(text, at + 1)
      const close = c === '{' ? '}' : ']'
      if (text[at] !== close) {
        open.push(close)
        if (c === '{') {
          const key = member(text, at)
          if (key.fault) return key.at
          at = key.at
        }
        continue
      }
      at++
    } else {
      const scalar = c === '"' ? string(text, at) : c !== undefined && c in LITERALS ? literal(text, at, LITERALS[c]!) : number(text, at)
      if (scalar.fault) return scalar.at
      at = scalar.at
    }
    // A value ended here.
    at = blank(text, at)
    while (open.length > 0 && text[at] === open.at(-1)) {
      open.pop()
      at = blank(text, at + 1)
    }
    if (open.length === 0) return at < text.length ? at : undefined
    if (text[at] !== ',') return at
    at = blank(text, at + 1)
    if (open.at(-1) === '}') {
      const key = member(text, at)
      if (key.fault) return key.at
      at = key.at
    }
  }
}

interface Scanned {
  at: number
  fault?: true
}

/** A name and its colon. */
function member(text: string, from: number): Scanned {
  if (text[from] !== '"') return { at: from, fault: true }
  const name = string(text, from)
  if (name.fault) return name
  const colon = blank(text, name.at)
  return text[colon] === ':' ? { at: blank(text, colon + 1) } : { at: colon, fault: true }
}

function string(text: string, from: number): Scanned {
  for (let at = from + 1; at < text.length; at++) {
    const c = text.charCodeAt(at)
    if (c === 34) return { at: at + 1 }
    if (c < 32) return { at, fault: true }
    if (c !== 92) continue
    const escaped = text[++at]
    if (escaped === 'u') {
      for (let i = 0; i < 4; i++) if (!/[\dA-Fa-f]/.test(text[++at] ?? '')) return { at: Math.min(at, text.length), fault: true }
    } else if (escaped === undefined || !'"\\/bfnrt'.includes(escaped)) return { at: Math.min(at, text.length), fault: true }
  }
  return { at: text.length, fault: true }
}

function literal(text: string, from: number, word: string): Scanned {
  let length = 0
  while (length < word.length && text[from + length] === word[length]) length++
  return length === word.length ? { at: from + length } : { at: from + length, fault: true }
}

function number(text: string, from: number): Scanned {
  NUMBER.lastIndex = from
  const found = NUMBER.exec(text)?.[0]
  if (found !== undefined) return { at: from + found.length }
  return { at: text[from] === '-' ? from + 1 : from, fault: true }
}

function blank(text: string, from: number): number {
  let at = from
  while (text[at] === ' ' || text[at] === '\t' || text[at] === '\n' || text[at] === '\r') at++
  return at
}
