import { existsSync, mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { outputPath } from './outputs.js'
import { generatedSystems, removeStale, writeOutputs } from './write.js'

const outputs = new Map([[outputPath.document('orca'), '{}\n'], [outputPath.seed('orca'), '{}\n']])

it('writes what changed and nothing else', () => {
  const root = mkdtempSync(join(tmpdir(), 'orkit-write-'))
  expect(writeOutputs(root, outputs, true).written).toEqual([...outputs.keys()])
  expect(existsSync(join(root, outputPath.document('orca')))).toBe(false)
  writeOutputs(root, outputs, false)
  const before = statSync(join(root, outputPath.document('orca'))).mtimeMs
  expect(writeOutputs(root, outputs, false)).toEqual({ written: [], unchanged: 2, removed: [] })
  expect(statSync(join(root, outputPath.document('orca'))).mtimeMs).toBe(before)
  const changed = new Map(outputs).set(outputPath.document('orca'), '{"a":1}\n')
  expect(writeOutputs(root, changed, false).written).toEqual([outputPath.document('orca')])
  expect(readFileSync(join(root, outputPath.document('orca')), 'utf8')).toBe('{"a":1}\n')
})

it('removes what no source stands behind', () => {
  const root = mkdtempSync(join(tmpdir(), 'orkit-write-'))
  writeOutputs(root, outputs, false)
  expect(generatedSystems(root)).toEqual(['orca'])
  const kept = new Map([[outputPath.document('orca'), '{}\n']])
  expect(removeStale(root, 'orca', kept, true)).toEqual([outputPath.seed('orca')])
  expect(existsSync(join(root, outputPath.seed('orca')))).toBe(true)
  removeStale(root, 'orca', kept, false)
  expect(existsSync(join(root, outputPath.seed('orca')))).toBe(false)
  removeStale(root, 'orca', new Map(), false)
  expect(generatedSystems(root)).toEqual([])
})
