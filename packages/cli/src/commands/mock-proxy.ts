import { resolve } from 'node:path'
import type { DriftReport, SystemName } from '@orkit/mock'
import type { Context, Input, Result } from '../app/command.js'
import { replaceFile } from '../app/replace-file.js'
import { UsageError } from '../app/usage-error.js'
import { cannotListen } from './listening.js'
import { interrupted } from './mock.js'
import { WrittenFile } from './written-file.js'

/** Forwards until interrupted. The address is printed on stdout, the report goes to its file, or to stdout at the end. */
export async function runMockProxy(context: Context, { values }: Input): Promise<Result> {
  const { createProxy } = await import('@orkit/mock')
  const { io } = context
  const target = values['target'] as string
  if (!URL.canParse(target) || !/^https?:/.test(target)) throw new UsageError(`--target: '${target}'`, 'Use the base URL of the service: https://api.example.com/v1.')
  const port = (values['port'] as number | undefined) ?? 4020
  const file = values['report'] === undefined ? undefined : resolve(io.cwd, values['report'] as string)
  const written = file === undefined ? undefined : await WrittenFile.open('--report', file, context.note)
  // As a whole: a reader never sees half a report.
  const write = (report: DriftReport): void => written?.add((path) => replaceFile(path, `${JSON.stringify(report, null, 2)}\n`))
  const proxy = await createProxy({ system: values['system'] as SystemName, target, port, onDrift: write }).catch((error: unknown) => cannotListen(error, port))
  await io.stdout.write(`${context.settings.output === 'table' ? `${proxy.baseUrl} -> ${target}\nCtrl-C ends it.` : JSON.stringify({ url: proxy.url, port: proxy.port, baseUrl: proxy.baseUrl, target })}\n`)
  await interrupted(io.signal)
  await proxy.close()
  const report = proxy.report()
  write(report)
  await written?.done()
  const exit = report.findings.length === 0 ? 0 : 8
  if (file === undefined) return { kind: 'value', value: report, exit }
  await context.note(`${report.requests} requests, ${report.findings.length} findings: ${file}`)
  return { kind: 'none', exit }
}
