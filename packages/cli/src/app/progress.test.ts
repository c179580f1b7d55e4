import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { fakeIo } from '../../test/io.js'
import { startProgress } from './progress.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('a block is drawn again as its countdown runs, without news, over what was there, and taken away at the end', async () => {
  const io = fakeIo({ tty: 40 })
  let seconds = 3
  const progress = startProgress(io, 'block', { block: () => [`in ${seconds} s`], line: () => '' })
  progress.changed()
  await vi.advanceTimersByTimeAsync(100)
  expect(io.err()).toBe('in 3 s\n')
  seconds = 2
  await vi.advanceTimersByTimeAsync(100)
  expect(io.err()).toBe('in 3 s\n\r\u001b[1A\u001b[Jin 2 s\n')
  await progress.stop()
  expect(io.err().endsWith('in 2 s\n\r\u001b[1A\u001b[J')).toBe(true)
})

it('lines say what is new, each once, every five seconds at most', async () => {
  const io = fakeIo()
  let done = 0
  const progress = startProgress(io, 'lines', { block: () => [], line: () => `${done} done` })
  for (done = 1; done < 5; done++) progress.changed()
  await vi.advanceTimersByTimeAsync(5_000)
  await vi.advanceTimersByTimeAsync(20_000)
  progress.changed()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(io.err()).toBe('5 done\n')
  progress.note('by the way')
  await progress.stop()
  expect(io.err()).toBe('5 done\nby the way\n')
})
