import type { ArgManifest, FlagManifest } from './manifest.js'

/** What stands for the value of a flag in help: `--limit <integer>`. */
export const placeholder = (f: ArgManifest | FlagManifest): string =>
  f.enum ? f.enum.join('|') : f.type === 'object' || f.items === 'object' ? 'json' : f.type === 'array' ? (f.items ?? 'value') : f.type === 'any' ? 'value' : f.type
