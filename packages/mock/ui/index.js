// The live journal. Talks to the control plane of this origin; where that wants a token, it is in the page's address: /#token=...
const byId = (id) => document.getElementById(id)
const list = byId('requests')
const token = new URLSearchParams(location.hash.slice(1)).get('token')
const world = new URLSearchParams(location.search).get('world')
const headers = { ...(token && { 'x-mock-token': token }), ...(world && { 'x-mock-world': world }) }
const SHOWN = 300
let last = 0

const call = (path, init = {}) => fetch(`/__orkit${path}`, { ...init, headers: { ...headers, ...init.headers } })
const element = (tag, className, text) => {
  const made = document.createElement(tag)
  if (className) made.className = className
  if (text !== undefined) made.textContent = text
  return made
}
// What a rule did, as the client saw it: reset, truncate ...
const faultOf = ({ note }) => /^by rule: .*fault=([a-z-]+)/.exec(note ?? '')?.[1]
const tone = (status) => (status >= 500 ? 'bad' : status >= 400 ? 'warn' : 'good')

function fits(item) {
  const words = byId('filter').value.toLowerCase().split(/\s+/).filter(Boolean)
  return words.every((word) => item.dataset.text.includes(word))
}

function outcome({ status, note, issues }, fault) {
  const holder = element('span', `status ${fault ? 'bad' : tone(status)}`, fault ?? String(status))
  if (!fault && (note || issues)) holder.append(element('small', '', note?.startsWith('by rule') ? ' by rule' : note ? ' with a note' : ' invalid'))
  return holder
}

function add(entry) {
  last = entry.n
  byId('empty').hidden = true
  const item = element('li')
  const fault = faultOf(entry)
  item.dataset.text = `${entry.system} ${entry.method} ${entry.operationId ?? ''} ${entry.path} ${entry.status} ${entry.note ?? ''}`.toLowerCase()
  const button = element('button')
  button.type = 'button'
  button.append(
    element('span', 'number', `#${entry.n}`),
    element('span', 'verb', entry.method),
    element('span', 'system', entry.system),
    element('span', 'operation', entry.operationId ?? entry.path),
    element('span', 'path', entry.operationId ? entry.path : ''),
    outcome(entry, fault),
  )
  button.title = entry.note ? `${entry.path} (${entry.note})` : entry.path
  button.addEventListener('click', () => void show(entry.n))
  item.append(button)
  item.hidden = !fits(item)
  list.prepend(item)
  while (list.childElementCount > SHOWN) list.lastElementChild.remove()
  count()
}

// A filter that hides everything says so.
function count() {
  byId('none').hidden = list.childElementCount === 0 || [...list.children].some((item) => !item.hidden)
}

function clear() {
  last = 0
  list.replaceChildren()
  byId('empty').hidden = false
  count()
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

function part(title, text) {
  const holder = document.createDocumentFragment()
  const block = element('pre', '', text)
  block.tabIndex = 0
  holder.append(element('h3', '', title), block)
  return holder
}

// Request and Answer: what the document says of them.
function facts(rows) {
  const holder = element('dl', 'facts')
  for (const [name, value, className] of rows) holder.append(element('dt', '', name), element('dd', className, value))
  return holder
}

const lines = (record) => Object.entries(record).map(([name, value]) => `${name}: ${[].concat(value).join(', ')}`).join('\n')

async function show(n) {
  const response = await call(`/journal/${n}`)
  if (!response.ok) return
  const entry = await response.json()
  const { request, answer, problem } = entry.validation
  byId('details-title').textContent = `#${n} ${entry.method} ${entry.operationId ?? entry.path}`
  const body = byId('details-body')
  body.replaceChildren(
    facts([
      ['Status', String(entry.status), tone(entry.status)],
      ['Request', entry.issues ? entry.issues.map((issue) => `${issue.in} ${issue.field || '/'}: ${issue.message}`).join('\n') : request, request === 'valid' ? 'good' : 'bad'],
      ['Answer', problem ?? answer, answer === 'valid' ? 'good' : answer === 'invalid' ? 'bad' : 'warn'],
      ...(entry.note ? [['Note', entry.note, 'warn']] : []),
      ['Path', entry.path, ''],
      ['System', entry.system, ''],
      ['Time', new Date(entry.at).toISOString(), ''],
    ]),
  )
  body.append(part('Request headers', lines(entry.headers)))
  if (entry.body !== undefined) body.append(part('Request body', pretty(entry.body)))
  if (entry.answer) {
    body.append(part('Answer headers', lines(entry.answer.headers)))
    if (entry.answer.body !== undefined) body.append(part('Answer body', pretty(entry.answer.body)))
  }
  byId('details').showModal()
  byId('details').scrollTop = 0
}

function told(block) {
  const fields = {}
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':')
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 1).trimStart()
  }
  if (fields.event === 'request') add(JSON.parse(fields.data))
  if (fields.event === 'reset') clear()
  if (fields.event === 'hello') {
    const { now, frozen, total } = JSON.parse(fields.data)
    if (total < last) clear()
    byId('clock').textContent = frozen ? `Its clock stands at ${new Date(now).toISOString()}.` : ''
  }
}

// Not an EventSource: that one cannot send a token.
async function follow() {
  for (;;) {
    try {
      const response = await call('/events', { headers: { 'last-event-id': String(last) } })
      if (response.status === 403) {
        byId('state').textContent = 'The control plane wants its token: open this page as /#token=...'
        return
      }
      byId('state').textContent = 'live'
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      let rest = ''
      for (;;) {
        const { done, value } = await reader.read()
        if (done) break
        const blocks = (rest + value).split('\n\n')
        rest = blocks.pop()
        blocks.forEach(told)
      }
    } catch {
      // Told below; the server may come back.
    }
    byId('state').textContent = 'disconnected, trying again'
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

byId('filter').addEventListener('input', () => {
  for (const item of list.children) item.hidden = !fits(item)
  count()
})
byId('reset').addEventListener('click', () => void call('/reset', { method: 'POST' }))
for (const button of document.querySelectorAll('.copy')) {
  button.addEventListener('click', async () => {
    await navigator.clipboard?.writeText(button.textContent)
    button.classList.add('copied')
    setTimeout(() => button.classList.remove('copied'), 1_200)
  })
}
if (token) byId('control').hash = `token=${token}`
void follow()
