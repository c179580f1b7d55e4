/** Tidies ajv's standalone code: imports instead of `require`, names that say what they are and stay put from one build to the next. */

const HELPERS: Readonly<Record<string, string>> = { 'ajv/dist/runtime/ucs2length': 'ucs2length', 'ajv/dist/runtime/equal': 'equal' }

export interface Standalone { code: string; imports: string[]; /** Exported name -> function. */ exports: [string, string][] }

export function tidy(source: string, schemaNames: ReadonlyMap<string, string>): Standalone {
  const renames = new Map<string, string>()
  const imports = new Set<string>()
  const exports: [string, string][] = []
  const taken = new Set<string>()
  const lines: string[] = []
  let patterns = 0
  for (const line of source.split('\n')) {
    if (line === '"use strict";' || line.trim() === '') continue
    const exported = /^export const (\w+) = (\w+);$/.exec(line)
    if (exported !== null) {
      const [, name, target] = exported as unknown as [string, string, string]
      const own = renames.get(target) ?? `validate_${name}`
      renames.set(target, own)
      exports.push([name, own])
      continue
    }
    const helper = /^const (\w+) = require\("([^"]+)"\)\.default;$/.exec(line)
    if (helper !== null) {
      const name = HELPERS[helper[2]!]
      if (name === undefined) throw new Error(`the validators need ${helper[2]}, which packages/mock/src/kernel/ajv-runtime.ts does not have`)
      renames.set(helper[1]!, name)
      imports.add(name)
      continue
    }
    const format = /^const (\w+) = require\("formats"\)(?:\.(\w+)|\["([^"]+)"\]);$/.exec(line)
    if (format !== null) {
      const name = format[2] ?? format[3]!
      const local = `format_${name.replaceAll('-', '_')}`
      renames.set(format[1]!, local)
      imports.add('formats')
      if (!taken.has(local)) lines.push(`const ${local} = formats['${name}']`)
      taken.add(local)
      continue
    }
    const schema = /^const (schema\d+) = (.*);$/.exec(line)
    const pattern = /^const (pattern\d+) = /.exec(line)
    if (schema !== null) renames.set(schema[1]!, unique(`schema_${schemaNames.get(schema[2]!) ?? 'part'}`, taken))
    else if (pattern !== null) renames.set(pattern[1]!, `pattern_${++patterns}`)
    lines.push(line)
  }
  const code = compact(lines.map((line) => rename(line, renames)).join('\n'))
  if (/\brequire\(/.test(code)) throw new Error(`the validators still call require: ${/.*\brequire\(.*/.exec(code)![0].slice(0, 200)}`)
  return { code, imports: [...imports].toSorted(), exports }
}

/** Says the same in half the bytes: the code is committed, read and loaded. */
function compact(code: string): string {
  const result = code.replace(/const (err\d+) = (.*);\nif\(vErrors === null\)\{\nvErrors = \[\1\];\n\}\nelse \{\nvErrors\.push\(\1\);\n\}\nerrors\+\+;/g, '(vErrors ??= []).push($2); errors++;')
    .replaceAll(/schemaPath:"(?:[^"\\]|\\.)*",/g, '')
  return result.split('\n').filter((line) => {
    const name = /^const (schema_\w+) = /.exec(line)?.[1]
    return name === undefined || result.split(new RegExp(`\\b${name}\\b`)).length > 2
  }).join('\n')
}

/** Only whole identifiers outside of string literals. */
function rename(line: string, renames: ReadonlyMap<string, string>): string {
  return line.replace(/"(?:[^"\\]|\\.)*"|\b(?:validate|schema|pattern|formats|func)\d+\b/g, (token) => renames.get(token) ?? token)
}

function unique(name: string, taken: Set<string>): string {
  let result = name
  for (let count = 2; taken.has(result); count++) result = `${name}_${count}`
  taken.add(result)
  return result
}
