// Uploads folders to FlexOrch, each file once. Kill it at any moment and start it again: it goes on where it was. Usage: batch.ts <journal> <paths...>
import { describeSummary, fromPaths, uploadBatch } from '@orkit/sdk/batch'
import { FlexOrch } from '@orkit/sdk/flexorch'

const [journal = 'batch.journal', ...paths] = process.argv.slice(2)
const batch = uploadBatch(new FlexOrch(), fromPaths(paths), { journal, wait: true })
for await (const event of batch) {
  if (event.type === 'item' && ['done', 'failed', 'rejected'].includes(event.state)) console.log(`${event.state}  ${event.item.path}${event.item.code === undefined ? '' : `  ${event.item.code}`}`)
}
const summary = await batch.summary()
console.log(describeSummary(summary))
process.exitCode = summary.complete ? 0 : 9
