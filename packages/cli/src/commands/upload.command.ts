import type { Command } from '../app/command.js'
import type { SystemManifest } from '../app/manifest.js'

export const uploadCommand = (_manifest: SystemManifest): readonly Command[] => []
