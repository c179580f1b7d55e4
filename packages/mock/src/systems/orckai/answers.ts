import { valueText } from '../../kernel/json-text.js'

/** What a language model would say, from what it is told alone: the same message always gets the same answer. */
export interface Answer {
  text: string
  usage: { inputTokens: number; outputTokens: number }
}

export interface Turn {
  role: string
  content: string
}

export function answer(message: string, history: readonly Turn[] = [], systemPrompt = ''): Answer {
  const text = compose(message.trim(), history)
  const read = [systemPrompt, ...history.map((turn) => turn.content), message].reduce((sum, part) => sum + countTokens(part), 0)
  return { text, usage: { inputTokens: read, outputTokens: countTokens(text) } }
}

/** Pieces that a stream sends; together they are the text. */
export function tokens(text: string): string[] {
  return text.match(/\s*\S+/g) ?? []
}

export function countTokens(text: string): number {
  return Math.ceil(text.length / 4)
}

/** `{{name}}` replaced from the values; unknown names stay. */
export function fill(template: string, values: Readonly<Record<string, unknown>>): string {
  return template.replaceAll(/\{\{\s*([\w.-]+)\s*\}\}/g, (all, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    return value === undefined ? all : valueText(value)
  })
}

/** How much of a message is looked at: no message may take long. */
const LOOKED_AT = 1_000

function compose(message: string, history: readonly Turn[]): string {
  const asked = history.filter((turn) => turn.role === 'user').map((turn) => turn.content)
  const beginning = message.slice(0, LOOKED_AT)
  if (/\b(?:what|which)\b.*\b(?:did i|have i|was my)\b|\bmy (?:first|last|previous) (?:message|question)\b/i.test(beginning) && asked.length > 0) {
    return `Your ${/first/i.test(beginning) ? 'first' : 'last'} message was: "${/first/i.test(beginning) ? asked[0] : asked.at(-1)}"`
  }
  const words = beginning.replaceAll(/\s+/g, ' ')
  const subject = message.length > LOOKED_AT ? words : words.replace(/[.?!]+$/, '')
  const about = subject.length > 160 ? `${subject.slice(0, 157)}...` : subject
  const before = asked.length > 0 ? ` This is message ${asked.length + 1} of our conversation.` : ''
  return `You said: "${about}".${before} This answer comes from the reference server; it is made from your ${message.length} characters and nothing else.`
}
