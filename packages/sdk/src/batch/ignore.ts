import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Files that say what a folder leaves out; the later one has the last word. */
export const IGNORE_FILES = ['.gitignore', '.orkitignore'] as const

interface Rule { readonly matches: RegExp; readonly keep: boolean; readonly folders: boolean }

/** The rules of a folder and of those above it: `ignores` takes a path below the folder that the first of them is in. */
export class Ignore {
  private constructor(private readonly levels: readonly { readonly prefix: string; readonly rules: readonly Rule[] }[]) {}

  static readonly none = new Ignore([])

  /** With what the folder's own files add. `prefix`: the folder's path below the top of the walk, `''` for the top. */
  async under(folder: string, prefix: string): Promise<Ignore> {
    const rules: Rule[] = []
    for (const name of IGNORE_FILES) rules.push(...parseIgnore(await readFile(join(folder, name), 'utf8').catch(() => '')))
    return rules.length === 0 ? this : new Ignore([...this.levels, { prefix, rules }])
  }

  /** As git: the last rule that matches decides. */
  ignores(path: string, isFolder: boolean): boolean {
    let ignored = false
    for (const { prefix, rules } of this.levels) {
      const below = prefix === '' ? path : path.slice(prefix.length + 1)
      for (const { matches, keep, folders } of rules) if ((isFolder || !folders) && matches.test(below)) ignored = !keep
    }
    return ignored
  }
}

export function parseIgnore(text: string): Rule[] {
  return text.split(/\r?\n/).flatMap((line) => {
    // A space at the end counts when a backslash stands before it.
    const pattern = line.replace(/(?<!\\)\s+$/, '')
    if (pattern === '' || pattern.startsWith('#')) return []
    const keep = pattern.startsWith('!')
    const folders = pattern.endsWith('/')
    const body = pattern.slice(keep ? 1 : 0, folders ? -1 : undefined)
    // With a slash before its end a pattern is bound to this folder, without one it holds at any depth.
    const bound = body.includes('/')
    return [{ matches: compiled(`^${bound ? '' : '(?:.*/)?'}${toRegExp(body.replace(/^\//, ''))}$`), keep, folders }]
  })
}

/** A set that runs backwards, `[z-a]`, matches nothing. */
function compiled(source: string): RegExp {
  try {
    return new RegExp(source)
  } catch {
    return /(?!)/
  }
}

function toRegExp(glob: string): string {
  let text = ''
  for (let at = 0; at < glob.length; at++) {
    const rest = glob.slice(at)
    const set = /^\[(!|\^)?(\]?[^\]]*)\]/.exec(rest)
    if (rest.startsWith('**/')) {
      text += '(?:.*/)?'
      at += 2
    } else if (rest.startsWith('**')) {
      text += '.*'
      at++
    } else if (glob[at] === '*') text += '[^/]*'
    else if (glob[at] === '?') text += '[^/]'
    else if (set !== null) {
      text += `[${set[1] === undefined ? '' : '^'}${set[2]!.replace(/[\\\]]/g, '\\$&')}]`
      at += set[0].length - 1
    } else {
      if (glob[at] === '\\' && at + 1 < glob.length) at++
      text += glob[at]!.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
    }
  }
  return text
}
