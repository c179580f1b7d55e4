import { describe, expect, it } from 'vitest'
import { id, type Json, signIn, start } from '../../../test/orbiter.js'

describe('ownership and roles', () => {
  it('hides other people\'s rows from everybody, administrators too', async () => {
    const mock = start()
    const grace = await signIn(mock, 'grace')
    const mallory = await signIn(mock, 'mallory')
    for (const other of [grace, mallory]) {
      expect((await other('GET', `/api/v1/projects/${id('b0', 1)}`)).status).toBe(404)
      expect((await other('PUT', `/api/v1/agents/${id('c0', 1)}`, { name: 'mine' })).status).toBe(404)
      expect((await other('DELETE', `/api/v1/deployments/${id('10', 1)}`)).status).toBe(404)
      expect((await other('POST', '/api/v1/agents', { name: 'x', project_id: id('b0', 1) })).body.error.message).toBe('Project not found')
      expect((await other('GET', '/api/v1/search?q=support')).body).toEqual({ agents: [], workflows: [], tools: [], knowledge_bases: [] })
    }
    expect((await grace('GET', '/api/v1/projects')).body.data.map((row: Json) => row.name)).toEqual(['Notes of Grace'])
  })

  it('keeps providers for administrators, before the body is read', async () => {
    const mock = start()
    const vic = await signIn(mock, 'vic')
    expect((await vic('POST', '/api/v1/providers', {})).body).toEqual({ error: { code: 'FORBIDDEN', message: 'FORBIDDEN', details: null } })
    expect((await vic('GET', '/api/v1/providers')).status).toBe(403)
    const own = await vic('POST', '/api/v1/projects', { name: 'A viewer may' })
    expect(own.status).toBe(201)
    expect((await vic('DELETE', `/api/v1/projects/${own.body.id}`)).body, 'but may not delete, as the reference has it').toEqual({ error: { code: 'FORBIDDEN', message: 'FORBIDDEN', details: null } })
    expect((await vic('GET', `/api/v1/projects/${own.body.id}`)).status).toBe(200)
    const ada = await signIn(mock)
    const made = (await ada('POST', '/api/v1/providers', { name: 'New', provider_type: 'openai', api_key: 'sk-secret' })).body
    expect(JSON.stringify(made)).not.toContain('sk-secret')
    expect((await ada('PUT', `/api/v1/providers/${made.id}`, { api_key: '' })).body.api_key_set).toBe(false)
    expect((await ada('POST', `/api/v1/providers/${made.id}/test`)).body.success).toBe(false)
    expect((await ada('POST', `/api/v1/providers/${id('50', 2)}/test`)).body).toEqual({ success: false, error: 'Connection refused', latency_ms: 1.8 })
  })
})

describe('rows', () => {
  it('updates what is sent, and refuses what changes nothing', async () => {
    const mock = start()
    const ada = await signIn(mock)
    await mock.advance(5_000)
    const path = `/api/v1/projects/${id('b0', 1)}`
    const changed = (await ada('PUT', path, { description: 'New', default_model: null, unknown: 1 })).body
    expect(changed).toMatchObject({ name: 'Customer support', description: 'New', default_model: 'gpt-4o-mini', updated_at: '2026-03-01 12:00:05' })
    expect((await ada('PUT', path, { default_model: null })).body.error).toEqual({ code: 'VALIDATION_ERROR', message: 'No fields to update', details: null })
    expect((await ada('PUT', `/api/v1/alerts/rules/${id('30', 1)}`, {})).body.error).toEqual({ code: 'BAD_REQUEST', message: 'No fields to update', details: null })
    expect((await ada('PUT', `/api/v1/deployments/${id('10', 1)}`, {})).status).toBe(422)
    const patched = (await ada('PATCH', `/api/v1/deployments/${id('10', 1)}`, {})).body
    expect(patched).toMatchObject({ updated_at: '2026-02-01 09:00:00' })
    expect(patched).not.toHaveProperty('entity_name')
    expect((await ada('POST', '/api/v1/projects', { name: 'x < 3 and y > 2<b>bold</b>' })).body.name).toBe('x  2bold')
  })

  it('takes tags out of a text, and as fast out of one that never ends a tag', async () => {
    const ada = await signIn(start())
    const kept = async (description: string): Promise<string> => (await ada('POST', '/api/v1/projects', { name: 'x', description })).body.description
    expect(await kept('x < 3 and y > 2, <b>bold</b> <<i>> onclick= javascript:go() <open')).toBe('x  2, bold >  go() <open')
    const open = '<'.repeat(150_000)
    expect(await kept(open)).toBe(open)
  })

  it('pages newest first with a cursor', async () => {
    const ada = await signIn(start())
    const first = (await ada('GET', '/api/v1/projects?limit=2')).body
    expect(first.data.map((row: Json) => row.name)).toEqual(['Experiments', 'Back office'])
    expect(first.pagination).toEqual({ next_cursor: expect.any(String), has_more: true, total: 3 })
    const second = (await ada('GET', `/api/v1/projects?limit=2&cursor=${first.pagination.next_cursor}`)).body
    expect([second.data.map((row: Json) => row.name), second.pagination]).toEqual([['Customer support'], { next_cursor: null, has_more: false, total: 3 }])
    expect((await ada('GET', '/api/v1/deployments')).body.data.map((row: Json) => row.name)).toEqual(['Triage endpoint', 'Support widget', 'Old widget'])
  })

  it('takes along what belongs to a project, and leaves deployments behind', async () => {
    const ada = await signIn(start())
    expect((await ada('DELETE', `/api/v1/projects/${id('b0', 1)}`)).status).toBe(204)
    for (const path of [`agents/${id('c0', 1)}`, `workflows/${id('d0', 1)}`, `tools/${id('e0', 1)}`, `knowledge-bases/${id('f0', 1)}`, `conversations/${id('40', 1)}`]) expect((await ada('GET', `/api/v1/${path}`)).status).toBe(404)
    expect((await ada('GET', `/api/v1/deployments/${id('10', 1)}`)).body.entity_name).toBe('(deleted)')
  })

  it('copies an agent, shows the built-in tool in lists only', async () => {
    const ada = await signIn(start())
    const copy = (await ada('POST', `/api/v1/agents/${id('c0', 1)}/duplicate`)).body
    expect(copy).toMatchObject({ name: 'Support agent (Copy)', model_name: 'gpt-4o-mini', created_at: '2026-03-01 12:00:00' })
    expect(copy.id).not.toBe(id('c0', 1))
    const tools = (await ada('GET', '/api/v1/tools?project_id=unknown')).body
    expect(tools.data.map((row: Json) => row.id)).toEqual(['builtin:code_interpreter'])
    expect((await ada('GET', '/api/v1/tools/builtin:code_interpreter')).status).toBe(404)
    expect((await ada('POST', '/api/v1/tools', { name: '<b>', project_id: id('b0', 1), category: 'odd' })).status).toBe(422)
  })

  it('has rules at both paths, and alerts that are acknowledged for good', async () => {
    const ada = await signIn(start())
    const made = (await ada('POST', '/api/v1/alerts', { name: 'Slow', condition_type: 'latency', condition_threshold: 1, action_type: 'toast' })).body
    expect((await ada('GET', '/api/v1/alerts?severity=info')).body.data[0]).toEqual(made)
    expect((await ada('GET', '/api/v1/alerts/rules?enabled=true')).body.map((row: Json) => row.name)).toEqual(['Slow', 'Too many failures'])
    expect((await ada('PUT', `/api/v1/alerts/${id('31', 1)}/acknowledge`)).body.acknowledged).toBe(true)
    await ada('DELETE', `/api/v1/alerts/rules/${id('30', 1)}`)
    expect((await ada('PUT', `/api/v1/alerts/${id('31', 1)}/acknowledge`)).body.error.message).toBe('Alert not found')
    expect((await ada('DELETE', `/api/v1/conversations/${id('40', 1)}`)).body).toEqual({ status: 'deleted' })
    expect((await ada('GET', `/api/v1/conversations/${id('40', 1)}/messages`)).status).toBe(404)
  })

  it('searches word by word, and lists the newest without a query', async () => {
    const ada = await signIn(start())
    const found = (await ada('GET', '/api/v1/search?q=support&types=agents,knowledge_bases,odd')).body
    expect(Object.keys(found)).toEqual(['agents', 'knowledge_bases'])
    expect(found.agents[0]).toMatchObject({ name: 'Support agent', type: 'agents', url: `/agents/${id('c0', 1)}` })
    expect(found.agents[0].rank).toBeLessThan(0)
    expect(found.agents[1].snippet).toContain('<b>support</b>')
    expect(found.knowledge_bases[0]).not.toHaveProperty('rank')
    expect((await ada('GET', '/api/v1/search?q=supp')).body.agents).toEqual([])
    expect((await ada('GET', '/api/v1/search?q=supp*')).body.agents).toHaveLength(2)
    for (const odd of ["it's", 'a:b', '"', 'AND']) expect((await ada('GET', `/api/v1/search?q=${encodeURIComponent(odd)}`)).status).toBe(200)
    expect((await ada('GET', '/api/v1/search')).body.workflows).toHaveLength(3)
  })
})
