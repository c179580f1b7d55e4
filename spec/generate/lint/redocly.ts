/** Redocly's lint of assembled documents, in a process of its own, with its messages led back to the source files. */

import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { eachOperation } from '../assemble.js'
import { METHODS } from '../openapi.js'
import { fileOfOperation, fileOfSchema, type Source } from '../load.js'
import { pointerTokens, schemaName } from '../refs.js'
import type { Report } from '../report.js'

interface RedoclyProblem { ruleId: string; severity: string; message: string; location: { pointer?: string }[] }

export async function lintWithRedocly(root: string, source: Source, documentFile: string, report: Report): Promise<void> {
  const cli = join(createRequire(join(root, 'package.json')).resolve('@redocly/cli/package.json'), '../bin/cli.js')
  const args = [cli, 'lint', documentFile, '--config', join(root, 'spec/redocly.yaml'), '--format', 'json', '--max-problems', '10000']
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', CI: 'true' }
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, args, { cwd: root, env, maxBuffer: 64 * 1024 * 1024 }, (_, out, err) => resolve({ stdout: out, stderr: err }))
  })
  const problems = parse(stdout)
  if (problems === undefined) return report.add(source.mainFile, 'redocly', `gave no result: ${stderr.trim().slice(-500)}`)
  const events = new Set([...eachOperation(source.document)].map(({ operation }) => schemaName(operation['x-orkit']?.stream?.event)))
  for (const { ruleId, message, location } of problems) {
    // Only x-orkit.stream says that they are used.
    if (ruleId === 'no-unused-components' && events.has(schemaName(location[0]?.pointer))) continue
    const { file, where } = locate(source, location[0]?.pointer ?? '')
    report.add(file, where, `${message} [redocly ${ruleId}]`)
  }
}

function parse(text: string): RedoclyProblem[] | undefined {
  try {
    return (JSON.parse(text) as { problems: RedoclyProblem[] }).problems
  } catch {
    return undefined
  }
}

function locate(source: Source, pointer: string): { file: string; where: string } {
  const [first, second, third, ...rest] = pointerTokens(decodeURIComponent(pointer.replace(/^#/, '')))
  if (first === 'paths' && second !== undefined) {
    const method = third !== undefined && (METHODS as readonly string[]).includes(third) ? third : (METHODS.find((one) => source.files.has(`${one.toUpperCase()} ${second}`)) ?? 'get')
    return { file: fileOfOperation(source, method, second), where: [third === method ? `${method.toUpperCase()} ${second}` : second, ...rest].join(' / ') }
  }
  if (first === 'components' && second === 'schemas' && third !== undefined) return { file: fileOfSchema(source, third), where: [third, ...rest].join(' / ') }
  return { file: source.mainFile, where: [first, second, third, ...rest].filter((token) => token !== undefined).join(' / ') }
}
