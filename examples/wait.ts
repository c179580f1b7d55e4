// Sends a document to FlexOrch and waits for its job. Usage: wait.ts <file>
import { FlexOrch, JobFailedError } from '@orkit/sdk/flexorch'
import { fileFromPath } from '@orkit/sdk/node'

const flexorch = new FlexOrch()
const path = process.argv[2] ?? 'examples/documents/txt/gettysburg-address.txt'
try {
  const [job] = await flexorch.documents.process({ files: [await fileFromPath(path)] }).wait({
    interval: 200,
    timeout: 5 * 60_000,
    onProgress: ({ status, progress }) => console.log(progress === undefined ? status : `${status} ${progress}%`),
  })
  console.log(`${path}: ${job?.status}`)
} catch (error) {
  if (!(error instanceof JobFailedError)) throw error
  console.error(`${path}: ${error.reason}`)
  process.exitCode = 1
}
