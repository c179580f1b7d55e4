import { UsageError } from '../app/usage-error.js'

/** A port or an address that cannot be listened on is a mistake of the command line; anything else is what it was. */
export function cannotListen(error: unknown, port: number, host = '127.0.0.1'): never {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EADDRINUSE':
      throw new UsageError(`port ${port} is in use`, 'Give another with --port, or --port 0 for a free one.')
    case 'EACCES':
      throw new UsageError(`port ${port} is not yours to listen on`, 'Ports below 1024 are for the system: give another with --port.')
    case 'ERR_SOCKET_BAD_PORT':
      throw new UsageError(`--port: ${port} is no port`, 'Ports are 1 to 65535; 0 takes a free one.')
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      throw new UsageError(`--host: '${host}' is no address of this machine`, 'Use 127.0.0.1, or 0.0.0.0 for all of its addresses.')
    default:
      throw error
  }
}
