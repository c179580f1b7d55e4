/** What holds where the caller says nothing. Times in milliseconds. */
export const TIMEOUT = 60_000
/** Attempts after the first. */
export const MAX_RETRIES = 2
/** The longest wait between attempts. */
export const MAX_RETRY_DELAY = 60_000
/** Without a byte of a stream, a download or a socket. */
export const IDLE_TIMEOUT = 60_000
