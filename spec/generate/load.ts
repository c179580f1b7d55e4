/** Reads the YAML files of one system and merges them into one document that still has its defaults and unwrapped payloads. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { parseDocument } from 'yaml'
import { METHODS, type Document, type PathItem, type Schema } from './openapi.js'
import type { Report } from './report.js'

export interface Source {
  system: string
  document: Document
  /** Where things were written: `GET /agents`, `schemas/Agent`. Anything else: the main file. */
  files: ReadonlyMap<string, string>
  mainFile: string
  seed?: { file: string; data: unknown }
}

export const SYSTEMS = ['orca', 'orckai', 'flexorch', 'klarefi', 'orbiter'] as const

export function hasSystem(specRoot: string, system: string): boolean {
  return existsSync(join(specRoot, system, 'openapi.yaml'))
}

export function loadSystem(specRoot: string, system: string, report: Report): Source | undefined {
  const folder = join(specRoot, system)
  const read = (file: string): unknown => readYaml(file, name(file), report)
  const name = (file: string): string => `spec/${relative(specRoot, file).split(sep).join('/')}`
  const mainFile = name(join(folder, 'openapi.yaml'))
  const document = read(join(folder, 'openapi.yaml')) as Document | undefined
  if (!isMap(document)) {
    report.add(mainFile, '', 'is not a YAML map; it must hold an OpenAPI document')
    return undefined
  }
  if (!isMap(document['x-orkit'])) {
    report.add(mainFile, 'x-orkit', 'is missing; every document describes its system there')
    return undefined
  }
  const files = new Map<string, string>()
  document.components ??= {}
  document.components.schemas ??= {}
  document.paths ??= {}
  recordFiles(document, mainFile, files)
  for (const file of yamlFiles(join(folder, 'paths'))) mergePaths(document.paths, read(file), name(file), files, report)
  for (const file of yamlFiles(join(folder, 'schemas'))) mergeSchemas(document.components.schemas, read(file), name(file), files, report)
  const seedFile = join(folder, 'seed.yaml')
  const seed = existsSync(seedFile) ? { file: name(seedFile), data: read(seedFile) } : undefined
  return { system, document, files, mainFile, ...(seed === undefined ? {} : { seed }) }
}

export function fileOfOperation(source: Source, method: string, path: string): string {
  return source.files.get(`${method.toUpperCase()} ${path}`) ?? source.mainFile
}

export function fileOfSchema(source: Source, schema: string): string {
  return source.files.get(`schemas/${schema}`) ?? source.mainFile
}

function recordFiles(document: Document, file: string, files: Map<string, string>): void {
  for (const schema of Object.keys(document.components.schemas ?? {})) files.set(`schemas/${schema}`, file)
  for (const [path, item] of Object.entries(document.paths)) for (const key of Object.keys(item)) files.set(`${key.toUpperCase()} ${path}`, file)
}

/** A path may be spread over several files as long as each of its members is written once. */
function mergePaths(paths: Record<string, PathItem>, content: unknown, file: string, files: Map<string, string>, report: Report): void {
  if (content === undefined || content === null) return
  if (!isMap(content)) return report.add(file, '', 'must be a map from path to path item')
  for (const [path, item] of Object.entries(content as Record<string, PathItem>)) {
    if (!path.startsWith('/')) { report.add(file, path, 'is not a path; paths begin with /'); continue }
    if (!isMap(item)) { report.add(file, path, 'must be a map from method to operation'); continue }
    const target = (paths[path] ??= {}) as Record<string, unknown>
    for (const [key, value] of Object.entries(item)) {
      const known = (METHODS as readonly string[]).includes(key) || ['parameters', 'servers', 'summary', 'description'].includes(key)
      if (!known) { report.add(file, path, `has the unknown member \`${key}\`; methods are written in lower case`); continue }
      const id = `${key.toUpperCase()} ${path}`
      const other = files.get(id)
      if (other !== undefined) { report.add(file, id, `is also in ${other}; keep one of the two`); continue }
      files.set(id, file)
      target[key] = value
    }
  }
}

function mergeSchemas(schemas: Record<string, Schema>, content: unknown, file: string, files: Map<string, string>, report: Report): void {
  if (content === undefined || content === null) return
  if (!isMap(content)) return report.add(file, '', 'must be a map from name to schema')
  for (const [schema, value] of Object.entries(content as Record<string, Schema>)) {
    const other = files.get(`schemas/${schema}`)
    if (other !== undefined) { report.add(file, schema, `is also defined in ${other}; a schema name may be defined once, rename one of the two`); continue }
    if (!isMap(value)) { report.add(file, schema, 'must be a schema object'); continue }
    if (!/^[A-Z][A-Za-z0-9]*$/.test(schema)) report.add(file, schema, 'must be a PascalCase name of letters and digits: it becomes a TypeScript type')
    files.set(`schemas/${schema}`, file)
    schemas[schema] = value
  }
}

function yamlFiles(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder).filter((file) => /\.ya?ml$/.test(file)).toSorted().map((file) => join(folder, file))
}

function readYaml(path: string, name: string, report: Report): unknown {
  const parsed = parseDocument(readFileSync(path, 'utf8'), { prettyErrors: true })
  for (const problem of [...parsed.errors, ...parsed.warnings]) report.add(name, `line ${problem.linePos?.[0].line ?? '?'}`, `YAML: ${problem.message}`)
  if (parsed.errors.length > 0) return undefined
  // Through JSON: aliases become copies, so that editing one use never changes another.
  const value: unknown = parsed.toJS()
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
