import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openResults } from './results.js'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orkit-results-'))
  file = join(folder, 'out.jsonl')
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true, force: true })
})

const line = (item: string, value = 1) => `${JSON.stringify({ item, value })}\n`

describe('a file of results', () => {
  it('has each item once, over all runs', async () => {
    const first = await openResults(file)
    expect(await Promise.all(['a', 'b', 'a'].map((id, value) => first.write(id, { value })))).toEqual([true, true, false])
    await first.close()
    const second = await openResults(file)
    expect(await Promise.all(['b', 'c'].map((id) => second.write(id, { value: 9 })))).toEqual([false, true])
    await second.close()
    expect(readFileSync(file, 'utf8')).toBe(line('a', 0) + line('b') + line('c', 9))
  })

  it.each([['half a line', '{"item":"b","val'], ['a few bytes', '{"i'], ['what never reached the disk', '\0\0\0\0\0\0\0\0']])('loses %s that a crash has left', async (_, torn) => {
    writeFileSync(file, line('a') + torn)
    const results = await openResults(file)
    expect(await results.write('b', { value: 1 })).toBe(true)
    await results.close()
    expect(readFileSync(file, 'utf8')).toBe(line('a') + line('b'))
  })

  it('keeps a last line that lacks nothing but its end', async () => {
    writeFileSync(file, line('a') + line('b').trimEnd())
    const results = await openResults(file)
    expect(await Promise.all([results.write('b', { value: 2 }), results.write('c', { value: 1 })])).toEqual([false, true])
    await results.close()
    expect(readFileSync(file, 'utf8')).toBe(line('a') + line('b') + line('c'))
  })

  it.each([['without an end of its line', 'my notes'], ['of whole lines', 'path,status\na.pdf,done\n'], ['after results', `${line('a')}my notes`]])('leaves foreign text %s as it is', async (_, text) => {
    writeFileSync(file, text)
    await expect(openResults(file)).rejects.toThrow(`${file} holds something else`)
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  it('names what cannot be written to, and does not wait for it', async () => {
    await expect(openResults(folder)).rejects.toThrow(`results cannot be written to ${folder}: EISDIR`)
    if (process.platform !== 'win32') await expect(openResults('/dev/null')).rejects.toThrow('it is not a file')
  })

  it('writes nothing after a write that failed: no line is joined to a torn one, no item counts as written', async () => {
    const results = await openResults(file)
    await results.write('a', { value: 1 })
    const handle = await open(file)
    const prototype = Object.getPrototypeOf(handle) as { appendFile(text: string): Promise<void>; write(text: string): Promise<unknown> }
    await handle.close()
    const { write } = prototype
    vi.spyOn(prototype, 'appendFile').mockImplementationOnce(async function (this: unknown, text: string) {
      await write.call(this, text.slice(0, 9))
      throw Object.assign(new Error('ENOSPC: no room'), { code: 'ENOSPC' })
    })
    const tries = await Promise.allSettled([results.write('b', { value: 1 }), results.write('c', { value: 1 }), results.write('b', { value: 1 })])
    expect(tries.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    await results.close()
    const later = await openResults(file)
    expect(await Promise.all(['b', 'c'].map((id) => later.write(id, { value: 1 })))).toEqual([true, true])
    await later.close()
    expect(readFileSync(file, 'utf8')).toBe(line('a') + line('b') + line('c'))
  })
})
