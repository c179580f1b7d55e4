// Refuses to pack what its manifest promises and the folder lacks, such as types after a build that left them out to save time. Run as `prepack` in the package's folder.
import { existsSync, readFileSync } from 'node:fs'

const { name, exports = {}, bin = {}, main, module, types, man = [] } = JSON.parse(readFileSync('package.json', 'utf8'))

/** Every path in a manifest's value, however deep its conditions are. */
const paths = (value) => (typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(paths) : [])

const missing = [...new Set(paths([exports, bin, main, module, types, man]))].filter((path) => !path.includes('*') && !existsSync(path))
if (missing.length > 0) {
  console.error(`${name}: not packed, ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ` and ${missing.length - 3} more` : ''} not built. Build first: pnpm build`)
  process.exitCode = 1
}
