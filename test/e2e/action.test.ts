import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, it } from 'vitest'
import { cleanEnv, root } from './support/cli.js'

const run = promisify(execFile)
// The documents' own reader of YAML.
const { parse } = createRequire(join(root, 'spec/package.json'))('yaml') as { parse(text: string): unknown }

interface Step {
  readonly name?: string
  readonly uses?: string
  readonly shell?: string
  readonly run?: string
  readonly env?: Readonly<Record<string, string>>
  readonly with?: Readonly<Record<string, string>>
}
interface Action {
  readonly inputs: Readonly<Record<string, { readonly default: string }>>
  readonly runs: { readonly using: string; readonly steps: readonly Step[] }
}

const read = (path: string) => parse(readFileSync(join(root, path), 'utf8'))

/** Does what the runner does with a composite action: its steps in order, with the inputs put in and what they add to the PATH. */
async function runAction(given: Readonly<Record<string, string>>): Promise<{ out: string; err: string; summary: string }> {
  const action = read('action.yml') as Action
  const unknown = Object.keys(given).filter((name) => !(name in action.inputs))
  expect([action.runs.using, unknown]).toEqual(['composite', []])
  const temp = mkdtempSync(join(tmpdir(), 'orkit-action-'))
  const [pathFile, summaryFile] = [join(temp, 'path'), join(temp, 'summary.md')]
  writeFileSync(pathFile, '')
  writeFileSync(summaryFile, '')
  const inputs = (text: string) => text.replaceAll(/\$\{\{\s*inputs\.([\w-]+)\s*\}\}/g, (_, name: string) => given[name] ?? action.inputs[name]!.default)
  const told = { out: '', err: '' }
  for (const step of action.runs.steps) {
    expect(step.shell, step.name).toBe('bash')
    // Text of an input in a script would be a way in for whoever gives it.
    expect(step.run).not.toContain('${{')
    const clean = cleanEnv()
    const added = readFileSync(pathFile, 'utf8').trim().split('\n').filter(Boolean).toReversed()
    const env = {
      ...clean, PATH: [...added, clean['PATH']].join(':'),
      GITHUB_ACTIONS: 'true', CI: 'true', GITHUB_ACTION_PATH: root, GITHUB_PATH: pathFile, GITHUB_STEP_SUMMARY: summaryFile, RUNNER_TEMP: temp,
      ...Object.fromEntries(Object.entries(step.env ?? {}).map(([name, text]) => [name, inputs(text)])),
    }
    const { stdout, stderr } = await run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run!], { env, cwd: root })
    told.out += stdout
    told.err += stderr
  }
  return { ...told, summary: readFileSync(summaryFile, 'utf8') }
}

describe('the action', () => {
  let example: Readonly<Record<string, string>>
  beforeAll(() => {
    const { jobs } = read('.github/workflows/example.yml') as { jobs: { documents: { steps: readonly Step[] } } }
    example = jobs.documents.steps.find(({ uses }) => uses === './')!.with!
  })

  it('runs the example workflow: uploads, watches, and leaves a summary', async () => {
    const { out, err, summary } = await runAction(example)
    const rows = out.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(rows.filter(({ path }) => String(path).endsWith('.pdf')).length).toBeGreaterThan(0)
    expect(rows.at(-1)).toMatchObject({ type: 'execution_completed', status: 'completed' })
    expect(err).toContain('::notice title=workflow run')
    expect(summary).toContain('### FlexOrch')
    expect(summary).toContain('### Done: workflow run')
  })

  it('fails as the script fails, and runs nothing without one', async () => {
    await expect(runAction({ mock: 'true', run: 'orkit orckai agents get nobody' })).rejects.toMatchObject({ code: 4 })
    expect((await runAction({})).out).toBe('')
  })
})
