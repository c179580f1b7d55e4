// One story through the five systems, told in process and over a port on clocks that stand still: reads, writes, errors, a job, an upload, streams, a fault.
// Plain JavaScript without anything of a platform: a browser tells it too.

/** What a connection says of itself, not the server's answer. */
const OF_THE_WIRE = new Set(['connection', 'keep-alive', 'date', 'transfer-encoding', 'content-length'])

/** The lines that were told, and the hash of the state at the end. */
export async function story(createMock, overPort = false) {
  const mock = createMock({ clock: 'virtual', seed: 'transcript', strict: true })
  const server = overPort ? await mock.listen() : undefined
  const lines = []
  const call = async (system, method, path, { body, headers = {} } = {}) => {
    const base = mock.baseUrl(system)
    const url = (server ? server.url + new URL(base).pathname : base) + path
    const json = body !== undefined && typeof body === 'object' && !(body instanceof FormData)
    const response = await (server ? fetch : mock.fetch)(url, { method, headers: { ...(json && { 'content-type': 'application/json' }), ...headers }, ...(body !== undefined && { body: json ? JSON.stringify(body) : body }) })
    const text = await response.text()
    const shown = [...response.headers].filter(([name]) => !OF_THE_WIRE.has(name)).map(([name, value]) => `${name}: ${value}`).toSorted()
    lines.push(`${system} ${method} ${path} ${response.status}`, ...shown, server ? text.replaceAll(server.url, new URL(base).origin) : text)
    await mock.advance(350)
    return text.startsWith('{') ? JSON.parse(text) : undefined
  }
  const key = { headers: { 'x-api-key': (await mock.credentials('orckai')).apiKey } }
  const agent = await call('orckai', 'POST', '/agents', { ...key, body: { name: 'Zoë 🤖' } })
  await call('orckai', 'GET', `/agents/${agent.data.id}`, key)
  await call('orckai', 'GET', '/agents?limit=2', key)
  await call('orckai', 'POST', '/agents', { ...key, body: { nam: 1 } })
  for (const body of ['{"name":"x', '{"name":x}', '{"name":"x",}', '']) await call('orckai', 'POST', '/agents', { headers: { ...key.headers, 'content-type': 'application/json' }, body })
  await call('orckai', 'POST', '/chat/stream', { ...key, body: { message: 'What is the refund policy?' } })
  await call('orckai', 'GET', '/agents', { headers: { ...key.headers, prefer: 'code=503' } })
  const { email, password } = await mock.credentials('orca')
  const login = await call('orca', 'POST', '/auth/login', { body: { email, password } })
  const bearer = { headers: { authorization: `Bearer ${login.data.access_token}` } }
  const form = new FormData()
  form.append('file', new File(['name,email,born\nAda,ada@example.com,1815-12-10\nGrace,grace@example.com,1906-12-09\n'], 'people.csv', { type: 'text/csv' }))
  const file = await call('orca', 'POST', '/files/upload', { ...bearer, body: form })
  const job = await call('orca', 'POST', '/jobs', { ...bearer, body: { name: 'Story', file_ids: [file?.data?.file_id ?? 101] } })
  await call('orca', 'POST', `/jobs/${job.data.job_id}/start`, bearer)
  for (let i = 0; i < 5; i++) await call('orca', 'GET', `/jobs/${job.data.job_id}`, bearer)
  await call('flexorch', 'GET', '/datasets', { headers: { 'x-api-key': (await mock.credentials('flexorch')).apiKey } })
  await call('klarefi', 'GET', '/api/v1/me', { headers: { authorization: `Bearer ${(await mock.credentials('klarefi')).apiKey}` } })
  await call('orbiter', 'POST', '/api/v1/auth/login', { body: { email: 'ada@example.com', password: 'wrong' } })
  await call('orbiter', 'GET', '/api/v1/projects')
  const state = await mock.hash()
  await mock.close()
  return { lines, state }
}
