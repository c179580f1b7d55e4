import type { ArgManifest, FlagManifest } from './manifest.js'

/** Its value is a path, or several. */
export const isFile = (input: ArgManifest | FlagManifest | undefined): boolean => input?.type === 'file' || input?.items === 'file'
