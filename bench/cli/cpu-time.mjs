// CPU time of a child process: user and system, children of its own included, as the kernel accounts it.
import { spawnSync } from 'node:child_process'

/** Milliseconds. The child writes to /dev/null and reads nothing. Throws when it fails. */
export function cpuTime(command, args, env) {
  const script = 'TIMEFORMAT="%3U %3S"; time "$@" >/dev/null </dev/null'
  const { status, stderr, error } = spawnSync('bash', ['-c', script, 'bash', command, ...args], { env, encoding: 'utf8' })
  if (error) throw error
  const times = /(\d+\.\d+) (\d+\.\d+)\s*$/.exec(stderr)
  if (status !== 0 || !times) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`)
  return (Number(times[1]) + Number(times[2])) * 1000
}

export const median = (numbers) => {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
