import type { Reply } from '../kernel/reply.js'
import { SYSTEMS, type SystemName } from '../systems/index.js'
import { escape, html } from './docs/pages.js'
import type { Gateway } from './gateway.js'

/** Systems with what is needed to sign in, and the live journal. Readable without script; the journal needs it. */
export async function indexPage(gateway: Gateway, origin: string): Promise<Reply> {
  const cards: string[] = []
  for (const name of gateway.options.systems) cards.push(await card(gateway, name, origin))
  return html('index', 'orkit mock', `<header>
<h1>orkit mock</h1>
<p>The reference server of ${gateway.options.systems.length === 1 ? 'one system' : `${gateway.options.systems.length} systems`}. Tests steer it by its <a href="/__orkit/docs" id="control">control plane</a>. <span id="clock"></span></p>
</header>
<main>
<section aria-labelledby="systems-title">
<h2 id="systems-title">Systems</h2>
<div class="cards">${cards.join('')}</div>
</section>
<section aria-labelledby="journal-title" id="journal" data-systems="${gateway.options.systems.join(' ')}">
<div class="bar">
<h2 id="journal-title">Requests</h2>
<span id="state" role="status">connecting</span>
<label>Filter <input id="filter" type="search" placeholder="orckai 404" autocomplete="off"></label>
<button id="reset" type="button">Reset the world</button>
</div>
<div id="empty"><p>No request yet. What a system is asked shows up here as it comes, with its answer and what the document says of both:</p><pre tabindex="0">${escape(await sample(gateway, origin))}</pre></div>
<p id="none" hidden>No request fits the filter.</p>
<ol id="requests"></ol>
</section>
</main>
<dialog id="details" aria-labelledby="details-title"><form method="dialog"><h2 id="details-title"></h2><button aria-label="Close">×</button></form><div id="details-body"></div></dialog>
<noscript><p>The live journal needs script; <a href="/__orkit/journal">the journal as JSON</a> does not.</p></noscript>`, ['index.css', 'index.js'])
}

/** A first request, signed in where the first system takes a key. */
async function sample(gateway: Gateway, origin: string): Promise<string> {
  const { systems, single } = gateway.options
  const name = systems.includes('orckai') ? 'orckai' : systems[0]!
  const root = origin + (single ? '' : `/${name}`)
  if (name !== 'orckai') return `curl -i ${root}${SYSTEMS[name].basePath}/`
  return `curl ${root}${SYSTEMS[name].basePath}/agents -H 'X-API-Key: ${String((await gateway.credentials(name))['apiKey'])}'`
}

async function card(gateway: Gateway, name: SystemName, origin: string): Promise<string> {
  const base = gateway.options.single ? '' : `/${name}`
  try {
    const system = await gateway.load(name)
    const rows = Object.entries(await gateway.credentials(name)).map(([key, value]) => `<dt>${escape(key)}</dt><dd><button type="button" class="copy" title="Copy"><code>${escape(String(value))}</code></button></dd>`)
    return `<article class="card"><h3>${escape(system.definition.document.name)} <small>${system.operations.size} operations</small></h3>
<p><button type="button" class="copy" title="Copy"><code>${escape(origin + base + SYSTEMS[name].basePath)}</code></button></p>
<p class="links"><a href="${base}/docs">Swagger UI</a> <a href="${base}/redoc">ReDoc</a> <a href="${base}/openapi.json">openapi.json</a></p><dl>${rows.join('')}</dl></article>`
  } catch (error) {
    return `<article class="card"><h3>${escape(name)}</h3><p>Cannot be served: ${escape((error as Error).message)}</p></article>`
  }
}
