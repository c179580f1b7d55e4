// Every agent of an Orbiter account, page by page behind the scenes. ORBITER_EMAIL and ORBITER_PASSWORD say whose.
import { Orbiter } from '@orkit/sdk/orbiter'

const orbiter = new Orbiter()
let count = 0
for await (const agent of orbiter.agents.list({ limit: 2 }, { prefetch: true })) {
  count++
  console.log(`${agent.id}  ${agent.name}`)
}
console.log(`${count} agents`)
