import { bundle } from './bundle.js'
import { line, type Line } from '../lines.js'

const ONE_CALL = `import { Orckai } from './src/systems/orckai/index.ts'\nexport const agent = new Orckai({ apiKey: 'k' }).agents.get('a')`
const CORE = `export { ApiClient } from './src/core/client.ts'`

/** Minified and gzipped kB, rate limits included: what a successful call loads (none of the later pieces), and all that can be reached, in one file. */
export async function size(): Promise<Line[]> {
  const [call, core] = await Promise.all([bundle(ONE_CALL), bundle(CORE)])
  return [
    line('size of a client and one call', call.gzip / 1000, { atMost: 10 }, 'kB', `${(call.whole / 1000).toFixed(1)} kB with all that can be reached`, 1),
    line('size of the core', core.gzip / 1000, { atMost: 5 }, 'kB', `${(core.whole / 1000).toFixed(1)} kB with all that can be reached`, 1),
  ]
}
