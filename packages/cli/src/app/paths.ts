import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import type { Io } from './io.js'

const base = (io: Io, variable: string, unix: string[], windows: string): string => {
  const set = io.env[variable]
  if (set) return join(set, 'orkit')
  // Set but empty is as good as not set.
  const home = io.env['HOME'] || io.env['USERPROFILE'] || homedir() || userInfo().homedir
  if (io.platform === 'win32') return join(io.env[windows] || home, 'orkit')
  return join(home, ...unix, 'orkit')
}

/** Profiles and settings: `$XDG_CONFIG_HOME/orkit`. */
export const configFolder = (io: Io) => base(io, 'XDG_CONFIG_HOME', ['.config'], 'APPDATA')
/** The reference server's state between `--mock` commands: `$XDG_STATE_HOME/orkit`. */
export const stateFolder = (io: Io) => base(io, 'XDG_STATE_HOME', ['.local', 'state'], 'LOCALAPPDATA')
/** What can be fetched again: `$XDG_CACHE_HOME/orkit`. */
export const cacheFolder = (io: Io) => base(io, 'XDG_CACHE_HOME', ['.cache'], 'LOCALAPPDATA')
