/** The media type to answer with out of those offered, by the `Accept` header; `undefined` when none will do. */
export function accepted(accept: string | undefined, offered: readonly string[]): string | undefined {
  if (offered.length === 0) return ''
  if (accept === undefined || accept === '' || accept === '*/*') return offered[0]
  const ranges = accept.split(',').map(parseRange).filter((range) => range.type !== '')
  if (ranges.length === 0) return offered[0]
  let best: string | undefined
  let bestQuality = 0
  for (const type of offered) {
    const quality = qualityOf(type, ranges)
    if (quality > bestQuality) {
      best = type
      bestQuality = quality
    }
  }
  return best
}

interface Range {
  type: string
  quality: number
}

function parseRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';')
  let quality = 1
  for (const parameter of parameters) {
    const match = /^\s*q\s*=\s*([\d.]+)/i.exec(parameter)
    if (match) quality = Number(match[1])
  }
  return { type: type.trim().toLowerCase(), quality: Number.isNaN(quality) ? 0 : quality }
}

/** The most specific range that fits decides. */
function qualityOf(offered: string, ranges: readonly Range[]): number {
  let specificity = -1
  let quality = 0
  for (const range of ranges) {
    const fit = fits(offered, range.type)
    if (fit > specificity) {
      specificity = fit
      quality = range.quality
    }
  }
  return quality
}

function fits(offered: string, range: string): number {
  if (range === '*/*' || range === '*') return 0
  if (range.endsWith('/*')) return offered.startsWith(range.slice(0, -1)) ? 1 : -1
  return offered === range ? 2 : -1
}

/** The key of `content` that takes a body of this type: exact, then `type/*`, then any. */
export function contentKey(content: Readonly<Record<string, unknown>>, type: string): string | undefined {
  if (Object.hasOwn(content, type)) return type
  const group = `${type.slice(0, type.indexOf('/'))}/*`
  if (Object.hasOwn(content, group)) return group
  if (Object.hasOwn(content, '*/*')) return '*/*'
  if (type.endsWith('+json') && Object.hasOwn(content, 'application/json')) return 'application/json'
  return undefined
}
