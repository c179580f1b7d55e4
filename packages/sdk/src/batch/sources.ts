import { opendir, stat } from 'node:fs/promises'
import { join, relative, resolve, sep } from 'node:path'
import { Ignore } from './ignore.js'
import { problemOf } from './prepare.js'
import type { SourceEntry } from './types.js'

/** How paths are read. */
export interface PathOptions {
  /** Default: the current folder. */
  readonly cwd?: string
  /** Whether `.gitignore` and `.orkitignore` of the folders hold. Default: true. */
  readonly ignoreFiles?: boolean
  /** Expands a pattern to files; default: tinyglobby, which must be installed. */
  readonly glob?: (pattern: string, cwd: string) => Promise<string[]>
}

/**
 * Files, folders with all that is under them, and patterns, in a stable order: as given, and by name under each. What does not exist
 * becomes an item that failed; a pattern without a match too.
 */
export async function* fromPaths(paths: Iterable<string> | AsyncIterable<string>, options: PathOptions = {}): AsyncGenerator<SourceEntry> {
  const cwd = resolve(options.cwd ?? '.')
  for await (const path of paths) {
    const found = await stat(resolve(cwd, path)).catch((error: unknown) => error as NodeJS.ErrnoException)
    if (!(found instanceof Error)) {
      if (found.isDirectory()) yield* walk(path, cwd, options.ignoreFiles === false ? undefined : Ignore.none)
      else yield { path }
    } else if (found.code === 'ENOENT' && isPattern(path)) {
      const matches = (await (options.glob ?? tinyglob)(path, cwd)).toSorted(byName)
      if (matches.length === 0) yield { path, problem: { code: 'NO_MATCH', message: `no file matches ${path}` } }
      for (const match of matches) yield { path: match }
    } else {
      const { code, message } = problemOf(found, path)
      yield { path, problem: { code, message } }
    }
  }
}

/** Paths of a list, one a line, or separated by NUL bytes. */
export function* fromList(text: string): Generator<SourceEntry> {
  for (const line of text.split(text.includes('\0') ? '\0' : /\r?\n/)) if (line.trim() !== '') yield { path: line }
}

/** Everything under a folder by name; what is hidden or ignored is left out, and links that lead back are not followed. */
async function* walk(folder: string, cwd: string, ignore: Ignore | undefined, below = '', above: readonly string[] = []): AsyncGenerator<SourceEntry> {
  const rules = await ignore?.under(resolve(cwd, folder), below)
  const names: string[] = []
  let here: string
  try {
    const { dev, ino } = await stat(resolve(cwd, folder))
    here = `${dev}:${ino}`
    if (above.includes(here)) return
    for await (const entry of await opendir(resolve(cwd, folder))) if (!entry.name.startsWith('.')) names.push(entry.name)
  } catch (error) {
    const { code, message } = problemOf(error, folder)
    yield { path: folder, problem: { code, message } }
    return
  }
  for (const name of names.toSorted(byName)) {
    const path = join(folder, name)
    const inside = below === '' ? name : `${below}/${name}`
    const found = await stat(resolve(cwd, path)).catch((error: unknown) => error as Error)
    if (rules?.ignores(inside, !(found instanceof Error) && found.isDirectory())) continue
    if (found instanceof Error) {
      // Bytes that are no UTF-8 came as U+FFFD, and such a name leads nowhere.
      const { code, message } = name.includes('\ufffd') ? { code: 'NAME_NOT_UTF8', message: `${path}: the name is not UTF-8; rename the file` } : problemOf(found, path)
      yield { path, problem: { code, message } }
    } else if (found.isDirectory()) yield* walk(path, cwd, rules, inside, [...above, here])
    else if (found.isFile()) yield { path }
  }
}

const isPattern = (path: string) => /[*?[\]{}!]/.test(path)
const byName = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

async function tinyglob(pattern: string, cwd: string): Promise<string[]> {
  const { glob } = await import('tinyglobby')
  const matches = await glob(sep === '\\' ? pattern.replaceAll('\\', '/') : pattern, { cwd, absolute: true, onlyFiles: true, followSymbolicLinks: false, expandDirectories: false })
  return matches.map((match) => (match.startsWith(cwd) ? relative(cwd, match) : match))
}
