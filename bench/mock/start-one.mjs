// From loading the package to the first answer of one system, in process; prints the milliseconds.
const since = performance.now()
const { createMock } = await import('@orkit/mock')
const mock = createMock({ system: process.argv[2] })
const response = await mock.fetch(`http://orkit.localhost${process.argv[3]}`, { headers: JSON.parse(process.argv[4]) })
await response.text()
if (!response.ok) throw new Error(`${process.argv[3]}: ${response.status}`)
process.stdout.write(String(performance.now() - since))
