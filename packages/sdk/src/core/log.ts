/** What is logged, from nothing to every attempt. */
export type LogLevel = 'off' | 'error' | 'warn' | 'info' | 'debug'

/** Where log lines go: `console` fits, and so do pino and winston with a few lines around them. Secrets are taken out before. */
export interface Logger {
  /** Level `error`. `fields` are details for a structured log. */
  error(message: string, fields?: Record<string, unknown>): void
  /** Level `warn`: a retry that its budget forbids, answers that differ from the document. */
  warn(message: string, fields?: Record<string, unknown>): void
  /** Level `info`: waits for the rate limit, retries. */
  info(message: string, fields?: Record<string, unknown>): void
  /** Level `debug`: a line for each attempt and its answer. */
  debug(message: string, fields?: Record<string, unknown>): void
}

const ORDER: readonly LogLevel[] = ['off', 'error', 'warn', 'info', 'debug']

/** A logger with its level. */
export interface Log {
  /** Whether lines of this level are written: what is costly to say is not made in vain. */
  enabled(level: Exclude<LogLevel, 'off'>): boolean
  /** Hands a line to the logger, when its level is enabled. Never throws. */
  write(level: Exclude<LogLevel, 'off'>, message: string, fields?: Record<string, unknown>): void
}

/** A logger that says nothing below its level, and never throws into a call. */
export function createLog(level: string | undefined, logger: Logger | undefined): Log {
  const threshold = Math.max(0, ORDER.indexOf((level ?? 'off') as LogLevel))
  const enabled = (at: LogLevel) => ORDER.indexOf(at) <= threshold
  return {
    enabled,
    write: (at, message, fields) => {
      if (!enabled(at)) return
      try {
        (logger ?? console)[at](`[orkit] ${message}`, ...(fields === undefined ? [] : [fields]))
      } catch {
        // A broken logger is the caller's to find, not a reason to fail the call.
      }
    },
  }
}
