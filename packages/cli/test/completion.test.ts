import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { createMock, type Mock } from '@orkit/mock'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Language, Parser } from 'web-tree-sitter'
import { bin, exec, isBuilt, missing, orkit } from './built.js'

const agent = 'a1b2c3d4-0000-4000-8000-000000000001'
const folder = mkdtempSync(join(tmpdir(), 'orkit-completion-'))
let mock: Mock
let env: Record<string, string>

beforeAll(async () => {
  mock = createMock({ systems: ['orckai'], rateLimits: 'off' })
  const { url } = await mock.listen({ port: 0 })
  // The shells call `orkit` by its name.
  for (const name of ['orkit', 'orckai']) writeFileSync(join(folder, name), `#!/bin/sh\nexec "${process.execPath}" "${join(dirname(bin), `${name}.cjs`)}" "$@"\n`, { mode: 0o755 })
  env = { HOME: folder, PATH: `${folder}${delimiter}${process.env['PATH']}`, ORKIT_CREDENTIAL_STORE: 'file', ORCKAI_BASE_URL: `${url}/orckai/api/v1`, ORCKAI_API_KEY: 'oak_test_full_access_0000000000000000' }
})
afterAll(() => mock.close())

const words = async (...line: string[]) => (await orkit(['__complete', '--', ...line], { env })).out.trim().split('\n').map((each) => each.split('\t')[0]!)
const until = async (test: () => Promise<boolean>) => {
  for (let tries = 0; tries < 60; tries++) {
    if (await test()) return true
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return false
}

describe.skipIf(!isBuilt && !process.env['CI'])('what may follow', { timeout: 60_000 }, () => {
  it('is commands, flags and values', async () => {
    expect(await words('')).toEqual(expect.arrayContaining(['orca', 'orckai', 'auth', 'config', 'doctor']))
    expect(await words('')).not.toContain('__complete')
    expect(await words('orckai', 'agents', 'c')).toEqual(['create'])
    expect(await words('orckai', 'agents', 'create', '--sys')).toEqual(['--system-prompt'])
    expect(await words('orckai', 'agents', 'list', '-o', 'j')).toEqual(['json', 'jsonl'])
    expect(await words('completion', 'f')).toEqual(['fish'])
    expect(await words('nonsense', '')).toEqual([''])
  })

  it('is values after = too, in one word or as bash takes it apart', async () => {
    const line = ['orkit', 'orckai', 'agents', 'list'].slice(1)
    expect(await words(...line, '--output=js')).toEqual(['--output=json', '--output=jsonl'])
    expect(await words(...line, '--output', '=', 'js')).toEqual(['json', 'jsonl'])
    expect(await words(...line, '--output', '=')).toContain('yaml')
  })

  it('is ids, from the server once and then from a cache that is at most a minute old', async () => {
    const before = mock.journal.entries({ operationId: 'agents.list' }).length
    expect(await until(async () => (await words('orckai', 'agents', 'get', 'a1b2')).includes(agent))).toBe(true)
    await words('orckai', 'agents', 'get', '')
    await words('orckai', 'agents', 'delete', '')
    expect(mock.journal.entries({ operationId: 'agents.list' }).length).toBe(before + 1)
    const cache = join(folder, '.cache', 'orkit', 'ids')
    const old = new Date(Date.now() - 61_000)
    for (const name of readdirSync(cache)) utimesSync(join(cache, name), old, old)
    expect(await until(async () => (await words('orckai', 'agents', 'get', 'a1b2')).includes(agent))).toBe(true)
    expect(mock.journal.entries({ operationId: 'agents.list' }).length).toBe(before + 2)
  })

  it('does not wait for a server that is silent', async () => {
    const silent = createServer(() => {})
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const started = Date.now()
    const ran = await orkit(['__complete', '--', 'orckai', 'agents', 'get', ''], { env: { ...env, HOME: mkdtempSync(join(folder, 'h')), ORCKAI_BASE_URL: `http://127.0.0.1:${(silent.address() as AddressInfo).port}` } })
    // 120 ms by design; five seconds is what the background process gives the server.
    expect(Date.now() - started).toBeLessThan(3000)
    expect([ran.code, ran.out]).toEqual([0, ''])
    silent.close()
  })
})

describe.skipIf(!isBuilt && !process.env['CI'])('in', { timeout: 60_000 }, () => {
  const script = async (shell: string) => {
    const file = join(folder, `completion.${shell}`)
    if (!existsSync(file)) writeFileSync(file, (await orkit(['completion', shell], { env })).out)
    return file
  }

  it.skipIf(missing('bash'))('bash', async () => {
    const file = await script('bash')
    const complete = async (line: string) => {
      const code = `source "${file}"; COMP_LINE='${line}'; COMP_POINT=\${#COMP_LINE}; read -ra COMP_WORDS <<< "$COMP_LINE"; [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=(''); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _orkit; printf '%s\\n' "\${COMPREPLY[@]}"; complete -p orkit`
      const ran = await exec('bash', ['--norc', '-c', code], { env })
      expect(ran.err).toBe('')
      return ran.out.trim().split('\n')
    }
    expect(await complete('orkit orckai agents l')).toEqual(['list', 'complete -o default -F _orkit orkit'])
    expect((await complete('orckai agents l'))[0]).toBe('list')
    expect(await until(async () => (await complete('orkit orckai agents get ')).includes(agent))).toBe(true)
  })

  it.skipIf(missing('zsh'))('zsh', async () => {
    const site = join(folder, 'zsh')
    mkdirSync(site, { recursive: true })
    writeFileSync(join(site, '_orkit'), (await orkit(['completion', 'zsh'], { env })).out)
    // zsh completes only in its line editor: one in a pseudo-terminal of its own is sent a TAB.
    const code = `zmodload zsh/zpty; zpty z zsh -f -i; zpty -w z "PS1='> '; fpath=('${site}' $fpath); autoload -Uz compinit; compinit -u -d '${site}/dump'; echo re''ady"
      while zpty -r z line; do [[ $line == *ready* ]] && break; done
      zpty -w -n z $'orckai agents li\\t'; sleep 2; zpty -w z ' --mock --max 1 --jq ".[].name"'
      repeat 12 { sleep 0.3; while zpty -r -t z line; do print -r -- "$line"; done }; zpty -d z`
    const ran = await exec('zsh', ['-f', '-c', code], { env: { ...env, TERM: 'xterm' } })
    expect(ran.out).toContain('Sales Assistant')
  })

  it.skipIf(missing('fish'))('fish', async () => {
    const ran = await exec('fish', ['--no-config', '-c', `source "${await script('fish')}"; complete -C 'orkit orckai agents li'; complete -C 'orckai agents cr'`], { env })
    expect(ran.out).toContain('list\t')
    expect(ran.out).toContain('create\t')
  })

  // There is no PowerShell to be had here: its grammar reads the script, and what the script asks is asked as it would ask it. Where there is one, it runs.
  it('PowerShell, as far as it can be read', async () => {
    await Parser.init()
    const grammar = await Language.load(createRequire(import.meta.url).resolve('tree-sitter-powershell/tree-sitter-powershell.wasm'))
    const parser = new Parser().setLanguage(grammar)
    const text = readFileSync(await script('powershell'), 'utf8')
    const { rootNode } = parser.parse(text)!
    expect(rootNode.hasError).toBe(false)
    expect(parser.parse(text.replace('})', '}'))!.rootNode.hasError).toBe(true)
    const found = (type: string) => rootNode.descendantsOfType(type).map((node) => node!.text)
    expect(found('command_name')).toEqual(['Register-ArgumentCompleter', 'Where-Object', 'ForEach-Object', 'Select-Object', 'orkit', 'ForEach-Object'])
    // Every variable that is read is one that was given or made.
    const made = new Set(['$_', '$null', '$PSVersionTable', ...found('script_parameter'), ...rootNode.descendantsOfType('left_assignment_expression').flatMap((node) => node!.text.split(',').map((name) => name.trim()))])
    for (const variable of found('variable')) expect([...made], variable).toContain(variable.replace(/^@/, '$'))
    expect(await words('orckai', 'agents', 'li')).toEqual(['list'])
    expect(await words('orckai', 'agents', '')).toContain('create')
  })

  it.skipIf(spawnSync('sh', ['-c', 'command -v pwsh']).status !== 0)('PowerShell', async () => {
    const file = await script('powershell')
    const ran = await exec('pwsh', ['-NoProfile', '-Command', `. ([scriptblock]::Create((Get-Content -Raw '${file}'))); (TabExpansion2 'orkit orckai agents li' 22).CompletionMatches.CompletionText`], { env })
    expect(ran.out.trim()).toBe('list')
  })

  it('none of them takes longer than a person notices once the ids are known', async () => {
    await until(async () => (await words('orckai', 'agents', 'get', '')).includes(agent))
    // Measured against the bare start of Node, which takes 25 to 40 ms: 150 ms are four of them. The best of several, as the machine does other things too.
    const best = async (line: readonly string[]) => {
      let least = Number.POSITIVE_INFINITY
      for (let round = 0; round < 7; round++) {
        const started = performance.now()
        await exec(process.execPath, line, { env })
        least = Math.min(least, performance.now() - started)
      }
      return least
    }
    const bare = await best(['-e', '0'])
    expect((await best([bin, '__complete', '--', 'orckai', 'agents', 'get', ''])) / bare).toBeLessThan(4)
  })
})
