// For browsers: bundled. The reference server stands in for the vendors behind msw's service worker; the SDK's clients are as a user makes them, on the
// vendors' own addresses. Each scenario gives what it saw; the test knows what that must be.
import { createMock, createProxy } from '@orkit/mock'
import { FlexOrch } from '@orkit/sdk/flexorch'
import { Klarefi } from '@orkit/sdk/klarefi'
import { Orbiter } from '@orkit/sdk/orbiter'
import { Orca } from '@orkit/sdk/orca'
import { Orckai } from '@orkit/sdk/orckai'
import { setupWorker } from 'msw/browser'
import { story } from './story.mjs'

const HOMES = { orca: 'https://orca-klavest.app', orckai: 'https://orckai.app', flexorch: 'https://api.flexorch.com', klarefi: 'https://api.klarefi.com', orbiter: 'https://orbiter.example' }
const WORKFLOW = 'd0000000-0000-4000-8000-000000000001'
const FAST = { rateLimits: 'off', jobDuration: 60, streamDelay: 5, strict: true }

const worker = setupWorker()
const unhandled = []
await worker.start({ quiet: true, onUnhandledRequest: (request) => void (new URL(request.url).origin !== location.origin && unhandled.push(request.url)) })

const failure = (promise) => promise.then(() => undefined, (error) => ({ name: error.constructor.name, status: error.status, code: error.code, message: error.message }))
const example = async (path) => new File([await (await fetch(`/examples/${path}`)).blob()], path.slice(path.lastIndexOf('/') + 1))
async function serve(options, address) {
  const mock = createMock({ ...FAST, ...options })
  worker.use(...(await mock.handlers(address)))
  return mock
}

const scenarios = {
  async orckai() {
    const mock = await serve({ system: 'orckai', rateLimits: 'documented', jobDuration: 'immediate' }, HOMES.orckai)
    const orckai = new Orckai(await mock.credentials('orckai'))
    const before = (await orckai.agents.list().toArray()).length
    const { data: agent, response } = await orckai.agents.create({ name: 'Zoë' }).withResponse()
    let events = 0
    let text = ''
    for await (const event of await orckai.chat.stream({ message: 'What is a knowledge base?' })) {
      events++
      text += event.content ?? ''
    }
    const base = await orckai.knowledgeBases.create({ name: 'Read here' })
    for (const path of ['docx/service-level-agreement.docx', 'pdf/rechnung-re-2025-0417.pdf']) await orckai.knowledgeBases.documents.upload(base.id, { file: await example(path) })
    const found = async (query) => ((await orckai.knowledgeBases.search(base.id, { query, limit: 1 }))[0] ?? {}).content
    const seen = { outage: /credit/i.test(await found('credit for each started outage')), invoice: /Rechnung/i.test(await found('Rechnung Rechnungsdatum IBAN')) }
    const missing = await failure(orckai.agents.get('00000000-0000-4000-8000-00000000dead'))
    const refused = await (await fetch(`${HOMES.orckai}/api/v1/agents`, { method: 'POST', headers: { 'x-api-key': String((await mock.credentials('orckai')).apiKey), 'content-type': 'application/json' }, body: '{"nam":1}' })).json()
    mock.verify('orckai', 'agents.create', { times: 2 })
    await mock.reset()
    const after = { agents: (await orckai.agents.list().toArray()).length, gone: (await failure(orckai.agents.get(agent.id)))?.status, calls: mock.journal.entries().length }
    return { before, limit: Number(response.headers.get('x-ratelimit-limit')), left: Number(response.headers.get('x-ratelimit-remaining')), events, said: text.length > 0, seen, missing, refused, after }
  },

  /** One mock for all five, each under its vendor's address; the clients sign in as their users do. */
  async together() {
    const mock = await serve({}, HOMES)
    const users = Object.fromEntries(await Promise.all(Object.keys(HOMES).map(async (system) => [system, await mock.credentials(system)])))
    const orca = new Orca({ email: users.orca.email, password: users.orca.password, rateLimit: false })
    const file = await orca.files.upload({ file: new File(['name,email\nAda,ada@example.com\n'], 'people.csv', { type: 'text/csv' }) })
    const job = await orca.jobs.create({ name: 'Story', file_ids: [file.file_id] })
    await orca.jobs.start(job.job_id)
    const watched = []
    for await (const { status } of orca.jobs.watch(job.job_id)) watched.push(status)
    const flexorch = new FlexOrch(users.flexorch)
    const processed = await flexorch.documents.process({ files: [await example('pdf/rechnung-re-2025-0417.pdf')] }).wait()
    const klarefi = new Klarefi(users.klarefi)
    const who = await klarefi.me.get()
    const orbiter = new Orbiter({ baseUrl: HOMES.orbiter, email: users.orbiter.email, password: users.orbiter.password })
    const project = await orbiter.projects.create({ name: 'Made in a browser' })
    const projects = (await orbiter.projects.list().toArray()).map(({ name }) => name)
    const run = await orbiter.workflows.run(WORKFLOW)
    const told = []
    for await (const event of orbiter.workflows.runs.watch(WORKFLOW, run.run_id)) told.push(event.type)
    await orbiter.projects.delete(project.id)
    const withoutToken = await fetch(`${HOMES.orbiter}/api/v1/projects`, { method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json' }, body: '{"name":"x"}' })
    await orbiter.signOut()
    const signedOut = await fetch(`${HOMES.orbiter}/api/v1/projects`, { credentials: 'include' })
    const polls = mock.journal.entries().filter(({ path }) => path.endsWith(job.job_id)).length
    const systems = [...new Set(mock.journal.entries().map(({ system }) => system))].toSorted()
    const refused = await new Promise((resolve) => { Object.assign(new WebSocket(`${HOMES.orca.replace('https', 'wss')}/ws/jobs/${job.job_id}/progress?token=forged`), { onclose: ({ code }) => resolve(code) }) })
    return { watched: watched.at(-1), polls, told: told.length > 1, refused, processed: processed.map(({ status }) => status), who: typeof who, projects: projects.includes('Made in a browser'), withoutToken: [withoutToken.status, await withoutToken.json()], signedOut: signedOut.status, systems }
  },

  async isolated() {
    const one = await serve({ system: 'orckai' }, 'https://one.example')
    const two = await serve({ system: 'orckai', seed: 'another' }, 'https://two.example')
    const client = async (mock, origin) => new Orckai({ ...(await mock.credentials('orckai')), baseUrl: `${origin}/api/v1` })
    const [first, second] = [await client(one, 'https://one.example'), await client(two, 'https://two.example')]
    await first.agents.create({ name: 'Only here' })
    const names = async (orckai) => (await orckai.agents.list().toArray()).some(({ name }) => name === 'Only here')
    const seen = [await names(first), await names(second)]
    const world = await fetch('https://one.example/api/v1/agents', { headers: { 'x-api-key': String((await one.credentials('orckai')).apiKey), 'x-mock-world': 'other' } })
    seen.push((await world.text()).includes('Only here'))
    await one.reset()
    return { seen, hash: await one.hash() }
  },

  async faults() {
    const mock = await serve({ system: 'orckai' }, HOMES.orckai)
    const orckai = new Orckai({ ...(await mock.credentials('orckai')), maxRetries: 0 })
    const broken = {}
    for (const kind of ['reset', 'hang', 'truncate', 'malformed-json']) {
      mock.fail('orckai', 'agents.list', { fault: kind })
      broken[kind] = (await failure(orckai.agents.list({ timeout: kind === 'hang' ? 500 : 30_000 }).toArray()))?.name
    }
    mock.fail('orckai', 'agents.list', { status: 503, times: 2 })
    broken.retried = (await new Orckai({ ...(await mock.credentials('orckai')), maxRetries: 3 }).agents.list().toArray()).length > 0
    mock.fail('orckai', 'chat.stream', { fault: 'cut-stream', after: 2 })
    broken['cut-stream'] = (await failure((async () => { for await (const _ of await orckai.chat.stream({ message: 'Hello' })); })()))?.name
    // Who leaves a stream ends it.
    for await (const _ of await orckai.chat.stream({ message: 'What is a knowledge base?' })) break
    for (let i = 0; i < 500 && (await mock.info()).connections > 0; i++) await new Promise((resolve) => { setTimeout(resolve, 20) })
    broken.open = (await mock.info()).connections
    return broken
  },

  /** The page's own server and the API on one origin: what is beside the API is not touched. */
  async sameOrigin() {
    const mock = await serve({ system: 'orckai' }, '/api')
    const orckai = new Orckai({ ...(await mock.credentials('orckai')), baseUrl: `${location.origin}/api/v1` })
    return { agents: (await orckai.agents.list().toArray()).length > 0, own: await (await fetch('/beside.txt')).text() }
  },

  async withoutNode() {
    const mock = createMock({ systems: ['orckai'] })
    const page = await mock.fetch('http://orkit.localhost/__orkit/assets/index.js')
    return { listen: await failure(mock.listen()), proxy: await failure(createProxy({ system: 'orckai', target: 'https://orckai.app' })), page: [page.status, await page.json()], unknown: await failure(mock.handlers({ orca: HOMES.orca })) }
  },

  async kept() {
    const state = { load: () => localStorage.getItem('orkit') ?? undefined, save: (text) => localStorage.setItem('orkit', text) }
    for (const name of ['first', 'second']) {
      const mock = createMock({ ...FAST, systems: ['orckai'], state })
      const orckai = new Orckai({ ...(await mock.credentials('orckai')), baseUrl: mock.baseUrl('orckai'), fetch: mock.fetch })
      if (name === 'first') await orckai.agents.create({ name: 'Kept' })
      else return (await orckai.agents.list().toArray()).some((agent) => agent.name === 'Kept')
      await mock.close()
    }
  },

  story: () => story(createMock),
}

window.play = async (name) => {
  try {
    return await scenarios[name]()
  } finally {
    worker.resetHandlers()
  }
}
window.unhandled = unhandled
document.title = 'ready'
