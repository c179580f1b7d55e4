import { describe, expect, it } from 'vitest'
import { AGENT_KEY, caller, CI, fileForm, id, type Json, signIn, start } from '../../../test/orbiter.js'

describe('knowledge bases', () => {
  const base = `/api/v1/knowledge-bases/${id('f0', 1)}`

  it('reads, cuts and counts an upload, and agents cite it', async () => {
    const mock = start()
    const ada = await signIn(mock)
    const text = `# Warranty\n\n${'Nothing to see in this paragraph at all. '.repeat(20)}\n\nThe warranty of a kettle lasts thirty months.\n`
    const made = await ada('POST', `${base}/documents`, fileForm('warranty.md', text))
    expect(made.status).toBe(201)
    expect(made.body).toMatchObject({ kb_id: id('f0', 1), filename: 'warranty.md', file_type: 'md', file_size: text.length, status: 'completed', created_at: '2026-03-01 12:00:00' })
    expect(made.body.chunk_count).toBeGreaterThan(1)
    expect(JSON.parse(made.body.metadata_json).original_filename).toBe('warranty.md')
    expect((await ada('GET', base)).body).toMatchObject({ doc_count: 3, chunk_count: 2 + made.body.chunk_count })
    expect((await ada('GET', `${base}/documents`)).body.data.map((row: Json) => row.filename)).toEqual(['warranty.md', 'opening-hours.txt', 'refund-policy.md'])
    const call = caller(mock, { authorization: `Bearer ${AGENT_KEY}` })
    expect((await call('POST', `/api/v1/deployed/${id('10', 1)}/run`, { input: 'How long is the warranty of a kettle?' })).body.output).toBe('The warranty of a kettle lasts thirty months. (warranty.md)')
  })

  it('refuses what holds no text, other kinds, and more than 50 MiB', async () => {
    const ada = await signIn(start())
    const upload = async (form: FormData) => (await ada('POST', `${base}/documents`, form))
    const form = new FormData()
    form.append('other', 'x')
    expect((await upload(form)).body.error.details.fields).toEqual([{ field: 'file', message: 'Field required', type: 'missing' }])
    expect((await upload(fileForm('run.exe', 'MZ'))).body.error).toMatchObject({ code: 'VALIDATION_ERROR', details: null })
    expect((await upload(fileForm('empty.txt', ''))).body.error.message).toBe('File is empty')
    expect((await upload(fileForm('blank.txt', ' \n'))).status).toBe(422)
    expect((await upload(fileForm('broken.pdf', 'no pdf'))).status).toBe(422)
    const large = await upload(fileForm('large.txt', new Uint8Array(50 * 1024 * 1024 + 1)))
    expect([large.status, large.body.error.code]).toEqual([413, 'INTERNAL_ERROR'])
    expect((await ada('POST', '/api/v1/knowledge-bases', { name: 'x', project_id: 'nothing' })).status).toBe(422)
    expect((await ada('POST', '/api/v1/knowledge-bases/x/documents', fileForm('a.txt', 'a'))).status).toBe(404)
  })
})

describe('deployments', () => {
  const run = (n: number) => `/api/v1/deployed/${id('10', n)}/run`
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

  it('shows its key once, and is called with it', async () => {
    const mock = start()
    const ada = await signIn(mock)
    const made = (await ada('POST', '/api/v1/deployments', { name: 'W', entity_type: 'agent', entity_id: id('c0', 1) })).body
    expect(made.api_key).toMatch(/^orb_[\w-]{43}$/)
    expect(made).not.toHaveProperty('api_key_hash')
    const call = caller(mock)
    const said = (await call('POST', `/api/v1/deployed/${made.id}/run`, { input: 'How many working days until a refund?' }, bearer(made.api_key))).body
    expect(said.output).toBe('A refund is paid within five working days after the goods came back. (refund-policy.md)')
    expect(said.usage.total_tokens).toBe(said.usage.input_tokens + said.usage.output_tokens)
    const shown = (await ada('GET', `/api/v1/deployments/${made.id}`)).body
    expect(shown).toMatchObject({ usage_count: 1, entity_name: 'Support agent', api_key_hash: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(JSON.stringify(shown)).not.toContain(made.api_key)
    const [latest] = (await ada('GET', `/api/v1/runs?agent_id=${id('c0', 1)}`)).body.data
    expect(latest).toMatchObject({ status: 'completed', agent_name: 'Support agent', total_tokens: said.usage.total_tokens })
    await ada('DELETE', `/api/v1/deployments/${made.id}`)
    expect((await call('POST', `/api/v1/deployed/${made.id}/run`, { input: 'x' }, bearer(made.api_key))).status).toBe(401)
  })

  it('tells wrong keys, other deployments and inactive ones apart', async () => {
    const mock = start()
    const call = caller(mock)
    expect((await call('POST', run(1), { input: 'x' })).body.error).toMatchObject({ code: 'UNAUTHORIZED', message: 'Missing or invalid API key' })
    expect((await call('POST', run(1), { input: 'x' }, bearer('orb_wrong'))).body.error.message).toBe('Invalid API key')
    expect((await call('POST', run(2), { input: 'x' }, bearer(AGENT_KEY))).status).toBe(401)
    expect((await call('POST', run(3), { input: 'x' }, bearer('orb_test_inactive_00000000000000000000000000000'))).body.error).toMatchObject({ code: 'FORBIDDEN', message: 'Deployment is inactive' })
    expect((await call('POST', run(1), { input: '' }, bearer(AGENT_KEY))).status).toBe(422)
    const ada = await signIn(mock)
    expect((await call('POST', run(1), { input: 'x' }, { ...bearer(AGENT_KEY), cookie: ada.headers['cookie']! })).body.error.message).toBe('Missing CSRF token')
    expect((await ada('GET', '/api/v1/projects', undefined, { cookie: '', 'x-api-key': CI })).status).toBe(401)
  })

  it('streams words and ends with done, or says why not', async () => {
    const mock = start()
    const call = caller(mock, bearer(AGENT_KEY))
    const events = async (path: string, body: Json, headers = {}): Promise<Json[]> => ((await call('POST', path, { stream: true, ...body }, headers)).body as string).split('\n\n').filter(Boolean).map((line) => JSON.parse(line.slice('data: '.length)))
    const spoken = await events(run(1), { input: 'refund' })
    expect(spoken.at(-1)).toEqual({ type: 'done' })
    const whole = (await call('POST', run(1), { input: 'refund' })).body.output
    expect(spoken.filter(({ type }) => type === 'token').map(({ content }) => content).join('')).toBe(whole)
    expect(await events(run(1), { input: 'fail please' })).toEqual([{ type: 'error', error: 'The model provider failed' }])
    expect((await call('POST', run(1), { input: 'fail please' })).body.error).toEqual({ code: 'INTERNAL_ERROR', message: 'The model provider failed', details: null })
    const key = bearer('orb_test_workflow_00000000000000000000000000000')
    expect((await call('POST', run(2), { input: 'x' }, key)).body).toEqual({ output: 'completed' })
    const told = await events(run(2), { input: 'x' }, key)
    expect([told[0], told.at(-2)!.type, told.at(-1)]).toEqual([{ type: 'node_started', node_id: 'n1' }, 'execution_completed', { type: 'done', result: 'completed' }])
  })

  it('answers a preflight with headers only for origins that may call', async () => {
    const call = caller(start())
    const allowed = await call('OPTIONS', run(1), undefined, { origin: 'https://shop.example.com' })
    expect([allowed.status, allowed.headers.get('access-control-allow-origin'), allowed.headers.get('access-control-max-age')]).toEqual([204, 'https://shop.example.com', '3600'])
    const other = await call('OPTIONS', run(1), undefined, { origin: 'https://elsewhere.example.com' })
    expect([other.status, other.headers.get('access-control-allow-origin')]).toEqual([204, null])
  })
})

describe('pipelines', () => {
  it('makes keys at both paths, shows them once, and drops them at once', async () => {
    const mock = start()
    const ada = await signIn(mock)
    const made = (await ada('POST', '/api/v1/api-keys', { label: 'L', permissions: ['ci:status', 'odd'] })).body
    expect(made).toMatchObject({ label: 'L', permissions: ['ci:status'], api_key: expect.stringMatching(/^orb_ci_[\w-]{43}$/) })
    expect((await ada('POST', '/api/v1/settings/api-keys', { permissions: ['odd'] })).body.permissions).toHaveLength(3)
    const ci = caller(mock, { 'x-api-key': made.api_key })
    expect((await ci('GET', `/api/v1/ci/status/${id('10', 1)}`)).body).toMatchObject({ name: 'Support widget', last_run_status: 'completed', last_run_at: '2026-03-01 09:00:00' })
    expect((await ci('POST', '/api/v1/ci/deploy', {})).body.error).toMatchObject({ code: 'FORBIDDEN', message: 'Missing permission: ci:deploy' })
    const listed = (await ada('GET', '/api/v1/settings/api-keys')).body
    expect(listed.find((row: Json) => row.id === made.id)).toEqual({ id: made.id, label: 'L', permissions: ['ci:status'], key_prefix: expect.stringMatching(/^[0-9a-f]{8}\.\.\.$/), last_used_at: '2026-03-01 12:00:00', created_at: '2026-03-01 12:00:00' })
    expect((await ada('DELETE', `/api/v1/settings/api-keys/${made.id}`)).status).toBe(204)
    expect((await ci('GET', `/api/v1/ci/status/${id('10', 1)}`)).status).toBe(401)
    expect((await ada('DELETE', `/api/v1/settings/api-keys/${made.id}`)).body.error.message).toBe('API key not found')
  })

  it('refuses a missing key as the reference says, or as a missing header like the vendor\'s server', async () => {
    const call = caller(start())
    const path = `/api/v1/ci/status/${id('10', 1)}`
    expect(await call('GET', path)).toMatchObject({ status: 401, body: { error: { code: 'UNAUTHORIZED', message: 'Missing API key' } } })
    expect((await call('GET', path, undefined, { 'x-mock-errors': 'vendor' })).body).toEqual({ error: { code: 'VALIDATION_ERROR', message: 'Validation error', details: { fields: [{ field: 'x-api-key', message: 'Field required', type: 'missing' }] } } })
    expect((await call('GET', path, undefined, { 'x-api-key': '' })).body.error).toMatchObject({ code: 'UNAUTHORIZED', message: 'Missing API key' })
    for (const key of ['orb_ci_wrong', 'orb_ci_test_revoked_000000000000000000000000000000']) expect((await call('POST', '/api/v1/ci/deploy', {}, { 'x-api-key': key })).body.error).toMatchObject({ code: 'UNAUTHORIZED', message: 'Invalid API key' })
    expect((await call('GET', path, undefined, { 'x-api-key': 'orb_ci_test_other_00000000000000000000000000000000' })).body.error.message).toBe('Deployment not found')
  })

  it('deploys under the tag, evaluates, and needs cases for that', async () => {
    const mock = start()
    const ci = caller(mock, { 'x-api-key': CI })
    const made = (await ci('POST', '/api/v1/ci/deploy', { entity_type: 'workflow', entity_id: id('d0', 1), version_tag: 'v2' })).body
    expect(made).toMatchObject({ status: 'active', version_tag: 'v2', deployed_at: '2026-03-01 12:00:00' })
    expect(made).not.toHaveProperty('api_key')
    const ada = await signIn(mock)
    expect((await ada('GET', `/api/v1/deployments/${made.deployment_id}`)).body).toMatchObject({ name: 'Ticket triage (v2)', rate_limit: 60 })
    expect((await ci('POST', '/api/v1/ci/deploy', { entity_type: 'agent', entity_id: id('c0', 91), version_tag: 'v' })).body.error.message).toBe('Agent not found')
    expect((await ci('POST', '/api/v1/ci/evaluate', { evaluation_id: id('70', 1) })).body).toMatchObject({ overall_score: 0.82, pass_rate: 0.75 })
    expect((await ci('POST', '/api/v1/ci/evaluate', { evaluation_id: id('70', 2) })).body.error.message).toBe('No test cases defined')
    expect((await ci('POST', '/api/v1/ci/evaluate', { evaluation_id: id('70', 91) })).body.error.message).toBe('Evaluation not found')
    await ada('DELETE', `/api/v1/agents/${id('c0', 1)}`)
    expect((await ci('POST', '/api/v1/ci/evaluate', { evaluation_id: id('70', 1) })).body.error.message, 'gone with its agent').toBe('Evaluation not found')
  })
})

describe('monitoring', () => {
  it('adds up what is stored, at both paths', async () => {
    const mock = start()
    const ada = await signIn(mock)
    const costs = (await ada('GET', '/api/v1/monitoring/costs')).body
    expect(costs).toEqual({
      total_cost: 0.0241, total_runs: 3, total_tokens: 810, cost_by_model: [],
      cost_by_agent: [{ name: 'Support agent', id: id('c0', 1), cost: 0.0125, runs: 1 }, { name: 'Escalation agent', id: id('c0', 2), cost: 0.002, runs: 1 }],
    })
    expect((await ada('GET', '/api/v1/costs/summary?range=odd')).body).toEqual(costs)
    await mock.advance(90 * 86_400_000)
    const later = await signIn(mock)
    expect((await later('GET', '/api/v1/monitoring/costs')).body).toMatchObject({ total_runs: 0, total_cost: 0, cost_by_agent: [] })
    expect((await later('GET', '/api/v1/metrics/dashboard?start=2026-03-01 00:00:00&end=2026-03-01 23:59:59')).body).toEqual({ total_runs: 2, success_rate: 50, avg_latency_ms: 2000, total_tokens: 182, total_cost: 0 })
  })

  it('is degraded while an agent fails', async () => {
    const mock = start()
    const call = caller(mock)
    const agent = async () => (await call('GET', '/api/health')).body.agents.find((row: Json) => row.id === id('c0', 1))
    // The seed's failure of the escalation agent was at noon.
    expect((await call('GET', '/api/health')).body.status).toBe('degraded')
    for (let i = 0; i < 3; i++) await call('POST', `/api/v1/deployed/${id('10', 1)}/run`, { input: 'fail' }, { authorization: `Bearer ${AGENT_KEY}` })
    expect(await agent()).toMatchObject({ status: 'degraded', error_rate: 100, recent_runs: 3 })
    await mock.advance(30 * 3_600_000)
    const health = (await call('GET', '/api/health')).body
    expect([health.status, health.providers[0]]).toEqual(['ok', expect.objectContaining({ name: 'OpenAI', status: 'configured', key_count: 1 })])
  })

  it('forgets everything at a reset, down to the hash', async () => {
    const mock = start()
    const fresh = start()
    const ada = await signIn(mock)
    await ada('POST', `/api/v1/workflows/${id('d0', 1)}/run`)
    await ada('DELETE', `/api/v1/projects/${id('b0', 1)}`)
    await mock.reset()
    await caller(fresh)('GET', '/api/health')
    await fresh.reset()
    expect(mock.world().hash()).toBe(fresh.world().hash())
  })
})
