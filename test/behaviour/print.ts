import { conforms, largeEvent, vectors } from './conformance.js'
import { ours } from './ours.js'
import { peers } from './peers.js'
import { probes, type Cell } from './probes.js'
import type { Subject } from './subject.js'

/** `pnpm behaviour`: the matrix, our clients beside their peers. A cell with `!` is a defect. */

// A peer may reject a promise that nobody holds; that is its defect and must not end the table.
process.on('unhandledRejection', () => undefined)

const subjects = process.argv.includes('--ours') ? ours : [...ours, ...peers]
const show = (cell: Cell | undefined) => (cell === undefined ? '' : `${cell.says}${cell.good ? '' : ' !'}`)
const write = (cells: readonly string[]) => process.stdout.write(`| ${cells.join(' | ')} |\n`)

async function table(title: string, columns: readonly Subject[], rows: readonly { name: string; run(subject: Subject): Promise<Cell | undefined> }[]): Promise<number> {
  let defects = 0
  process.stdout.write(`\n### ${title}\n\n`)
  write(['probe', ...columns.map(({ name }) => name)])
  write(['', ...columns].map(() => '---'))
  for (const row of rows) {
    const cells = await Promise.all(columns.map((subject) => row.run(subject).catch((error: Error): Cell => ({ says: `probe failed: ${error.message}`, good: false }))))
    defects += cells.filter((cell, i) => ours.includes(columns[i]!) && cell?.good === false).length
    write([row.name, ...cells.map(show)])
  }
  return defects
}

const withStreams = subjects.filter(({ sse }) => sse !== undefined)
const defects = await table('Behaviour', subjects, probes)
  + await table('SSE', withStreams, vectors.map((vector) => ({ name: vector.name, run: (subject: Subject) => conforms(subject, vector) })))
// Not the 8 MB of the test: a quadratic reader (openai 6) needs two minutes for them.
process.stdout.write('\n### One SSE event of 2 MB in 1 KiB chunks\n\n')
for (const subject of withStreams) {
  const { seconds } = await largeEvent(subject, 2 * 1024 * 1024)
  process.stdout.write(`- ${subject.name}: ${seconds.toFixed(2)} s\n`)
}
process.stdout.write(`\n${defects === 0 ? 'Our columns: no defect.' : `Our columns: ${defects} defects.`}\n`)
process.exit(defects === 0 ? 0 : 1)
