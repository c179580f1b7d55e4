// Swagger UI over the server's own document, signed in with the server's own credentials.
const dark = matchMedia('(prefers-color-scheme: dark)')
const dress = () => document.documentElement.classList.toggle('dark-mode', dark.matches)
dark.addEventListener('change', dress)
dress()

const holder = document.getElementById('docs')
const token = holder.dataset.signIn ? null : new URLSearchParams(location.hash.slice(1)).get('token')
let signIn
let session

async function login() {
  const { url, body, csrf } = signIn.login
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  if (!response.ok) return {}
  const answer = await response.json()
  if (!csrf) return { authorization: `Bearer ${answer.data.access_token}` }
  return { [csrf.header.toLowerCase()]: (await (await fetch(csrf.url)).json()).token }
}

// A login is made when it is first needed: looking at a page changes nothing in the world.
async function withCredentials(request) {
  if (!signIn?.login || request.loadSpec || request.url === signIn.login.url) return request
  const given = Object.keys(request.headers).map((name) => name.toLowerCase())
  if (given.includes('authorization') || given.includes('x-api-key')) return request
  session ??= login()
  Object.assign(request.headers, await session)
  return request
}

async function start() {
  // The control plane has no account, but may want its token.
  signIn = holder.dataset.signIn ? await (await fetch(holder.dataset.signIn)).json() : { keys: token ? [{ scheme: 'token', value: token }] : [] }
  const ui = window.SwaggerUIBundle({
    url: holder.dataset.document,
    dom_id: '#docs',
    deepLinking: !token,
    docExpansion: 'list',
    tagsSorter: 'alpha',
    defaultModelsExpandDepth: 0,
    tryItOutEnabled: true,
    persistAuthorization: false,
    validatorUrl: null,
    requestInterceptor: withCredentials,
    // After a reset of the world the old session is nobody's.
    responseInterceptor: (response) => {
      if (response.status === 401) session = undefined
      return response
    },
    onComplete: () => {
      for (const { scheme, value } of signIn.keys) ui.preauthorizeApiKey(scheme, value)
    },
  })
  window.ui = ui
}
void start()
