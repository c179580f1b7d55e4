/** Exit codes, the same for every command and every output format. */
export const exit = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  signIn: 3,
  notFound: 4,
  invalid: 5,
  rateLimit: 6,
  network: 7,
  someFailed: 8,
  incomplete: 9,
  interrupted: 130,
} as const

export const exitMeanings: Readonly<Record<number, string>> = {
  0: 'ok',
  1: 'unexpected error',
  2: 'the command line is wrong; nothing was sent',
  3: 'not signed in, or refused',
  4: 'not found',
  5: 'invalid input, or a conflict',
  6: 'rate limit or quota',
  7: 'network, timeout or server error',
  8: 'some items of a batch, or the job that was waited for, failed',
  9: 'a batch is incomplete: run it again',
  130: 'interrupted',
}
