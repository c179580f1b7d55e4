import { Reply } from '../../kernel/reply.js'
import type { System } from '../../kernel/system.js'
import type { Members } from '../../kernel/types.js'

const COMMON = "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
const CSP = {
  index: `${COMMON}; style-src 'self'; img-src 'self'`,
  // Both libraries set styles from script; neither needs inline or evaluated script.
  swagger: `${COMMON}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:`,
  redoc: `${COMMON}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; worker-src blob:`,
}

/** A page whose scripts and styles are `assets` of this server. */
export function html(kind: keyof typeof CSP, title: string, body: string, assets: readonly string[]): Reply {
  const links = assets.map((name) => (name.endsWith('.css') ? `<link rel="stylesheet" href="/__orkit/assets/${name}">` : `<script src="/__orkit/assets/${name}" defer></script>`))
  return Reply.raw(200, `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escape(title)}</title>
<link rel="icon" href="/__orkit/assets/icon.svg" type="image/svg+xml">
${links.join('\n')}
</head>
<body>
${body}
</body>
</html>
`, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': CSP[kind], 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
}

/** Swagger UI over the system's document. `base` is where the system is: `/orckai`, or the empty text. */
export function swaggerPage(name: string, base: string): Reply {
  return html('swagger', `${name}: Swagger UI`, `${nav(name, base, 'docs')}<main id="docs" data-document="${base}/openapi.json" data-sign-in="${base}/docs/sign-in.json"></main>`, ['swagger-ui.css', 'swagger.css', 'swagger-ui-bundle.js', 'swagger.js'])
}

/** Swagger UI over the control plane. Where that wants a token, the page's address has it: `/__orkit/docs#token=...`. */
export function controlPage(): Reply {
  return html('swagger', 'Control plane: Swagger UI', `<nav class="orkit" aria-label="Pages"><a href="/">orkit mock</a><strong>Control plane</strong><a href="/__orkit/docs" aria-current="page">Swagger UI</a><a href="/__orkit/openapi.json">openapi.json</a></nav><main id="docs" data-document="/__orkit/openapi.json"></main>`, ['swagger-ui.css', 'swagger.css', 'swagger-ui-bundle.js', 'swagger.js'])
}

export function redocPage(name: string, base: string): Reply {
  return html('redoc', `${name}: ReDoc`, `${nav(name, base, 'redoc')}<main id="docs" data-document="${base}/openapi.json"></main>`, ['redoc.css', 'redoc.standalone.js', 'redoc.js'])
}

function nav(name: string, base: string, here: string): string {
  const links = [['docs', 'Swagger UI'], ['redoc', 'ReDoc'], ['openapi.json', 'openapi.json']].map(([path, label]) => `<a href="${base}/${path}"${path === here ? ' aria-current="page"' : ''}>${label}</a>`)
  return `<nav class="orkit" aria-label="Pages"><a href="/">orkit mock</a><strong>${escape(name)}</strong>${links.join('')}</nav>`
}

/** How the page signs in: keys to send at once, and a login to make before the first request that has no credential. */
export interface SignIn {
  keys: { scheme: string; value: string }[]
  login?: { url: string; body: Members; csrf?: { url: string; header: string } }
}

export function signIn(system: System, credentials: Members, origin: string): SignIn {
  const { document } = system.definition
  const keys = Object.entries(credentials).flatMap(([name, value]) => {
    const scheme = Object.hasOwn(document.schemes, name) ? name : Object.keys(document.schemes).find((candidate) => name === 'apiKey' && ['apiKey', 'bearer'].includes(document.schemes[candidate]!.strategy))
    return scheme && typeof value === 'string' ? [{ scheme, value }] : []
  })
  const login = system.operations.get('auth.login')
  const csrf = document.csrf && system.operations.get('auth.csrf')
  return {
    keys,
    ...(login && credentials['email'] !== undefined && {
      login: {
        url: origin + login.path,
        body: { email: credentials['email'], password: credentials['password'] },
        ...(csrf && { csrf: { url: origin + csrf.path, header: document.csrf!.header } }),
      },
    }),
  }
}

export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
