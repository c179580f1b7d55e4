import { randomBytes } from 'node:crypto'

/** A name beside `path` for a file that takes its place once it is whole; no two processes choose the same. */
export const temporary = (path: string): string => `${path}.${randomBytes(6).toString('hex')}.tmp`
