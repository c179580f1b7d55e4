import { describe, expect, it } from 'vitest'
import { walk } from '../../../test/walk.js'
import { totpCode } from '../../gates/totp.js'
import { createMock, type Mock, type MockOptions } from '../../mock.js'

// oxlint-disable-next-line typescript/no-explicit-any
type Json = any

const PASSWORD = 'correct horse battery staple'
const KEY = (scope: string) => `orca_live_test_${scope}_0000000000000000`
const START = '2026-03-01T12:00:00Z'

interface Answer {
  status: number
  data: Json
  error: { code: string; message: string } | null
  meta: Json
  headers: Headers
}

/** A mock on a clock that stands still, and short ways to call it. */
function setup(options: MockOptions = {}) {
  const mock = createMock({ strict: true, systems: ['orca'], clock: { at: START }, rateLimits: 'off', send: false, ...options })
  const base = mock.baseUrl('orca')
  const call = async (method: string, path: string, { token, body, form, headers }: { token?: string; body?: unknown; form?: FormData; headers?: Record<string, string> } = {}): Promise<Answer> => {
    const response = await mock.fetch(base + path, {
      method,
      headers: { ...(token && { authorization: `Bearer ${token}` }), ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined ? { body: JSON.stringify(body) } : form && { body: form }),
    })
    const text = await response.text()
    return { status: response.status, headers: response.headers, ...(text.startsWith('{') ? JSON.parse(text) : { data: text }) }
  }
  const login = async (email = 'ada@example.com') => (await call('POST', '/auth/login', { body: { email, password: PASSWORD } })).data.access_token as string
  return { mock, call, login, base }
}

function upload(name: string, text: string): FormData {
  const form = new FormData()
  form.append('file', new File([text], name, { type: 'text/csv' }))
  return form
}

const CSV = `id,email,phone,iban,born,amount,name,country,notes
1,a@example.com,+31 20 123 4567,NL91ABNA0417164300,1990-02-01,12.50,Ada Lovelace,Netherlands,She asked for a call back before the end of the week
2,b@example.com,+31 20 765 4321,DE89370400440532013000,1985-11-30,8.00,Alan Turing,Germany,No further contact is wanted until the case is closed
3,not an address,+44 20 7946 0000,GB82WEST12345698765432,1979-07-14,100.00,Grace Hopper,France,Prefers to be written to in the evening and not by phone
`

describe('every operation', () => {
  it('answers its documented success, as the document describes it', async () => {
    const { mock } = setup({ jobDuration: 'manual' })
    const steps = await walk(mock, 'orca', {
      auth: ({ operation }) => ({ authorization: `Bearer ${operation.security[0]!['apiKey'] ? KEY('admin') : 'eyJ...'}` }),
      prepare: {
        'auth.totp.complete': () => ({ body: { temp_token: '...', code: '123456' } }),
        'auth.refresh': async ({ call }) => {
          const response = await call('POST', '/auth/login', { email: 'ada@example.com', password: PASSWORD })
          return { body: { refresh_token: ((await response.json()) as Json).data.refresh_token } }
        },
      },
    })
    expect(steps.filter((step) => step.status !== (step.id === 'reports.download' ? 307 : step.expected))).toEqual([])
    expect(steps).toHaveLength(31)
  })
})

describe('sign-in', () => {
  it('takes the password, refuses a wrong one, and limits by address', async () => {
    const { call, login } = setup({ rateLimits: 'documented' })
    expect(await login('ADA@example.com')).toMatch(/^eyJ/)
    const wrong = await call('POST', '/auth/login', { body: { email: 'ada@example.com', password: 'no' } })
    expect(wrong).toMatchObject({ status: 401, data: null, error: { code: 'unauthorized' }, meta: {} })
    for (let i = 0; i < 8; i++) expect((await call('POST', '/auth/login', { body: { email: 'x@example.com', password: 'no' } })).status).toBe(401)
    expect(await call('POST', '/auth/login', { body: { email: 'ada@example.com', password: PASSWORD } })).toMatchObject({ status: 429, error: { code: 'rate_limited' } })
  })

  it('wants a TOTP code once, with a temporary token that runs out and works once', async () => {
    const { mock, call } = setup()
    const challenge = async () => (await call('POST', '/auth/login', { body: { email: 'grace@example.com', password: PASSWORD } })).data
    const first = await challenge()
    expect(first).toEqual({ requires_2fa: true, temp_token: expect.any(String) })
    const code = () => totpCode('JBSWY3DPEHPK3PXP', mock.clock.now())
    const complete = (temp_token: string, given = code()) => call('POST', '/auth/totp/complete', { body: { temp_token, code: given } })
    expect((await complete(first.temp_token, '000000')).status).toBe(401)
    const done = await complete(first.temp_token)
    expect(done).toMatchObject({ status: 200, data: { token_type: 'bearer' } })
    expect((await call('GET', '/files', { token: done.data.access_token })).status).toBe(200)
    await mock.advance(60_000)
    expect(await complete(first.temp_token)).toMatchObject({ status: 401, error: { message: 'The temporary token is not valid' } })
    const late = await challenge()
    await mock.advance(301_000)
    expect(await complete(late.temp_token)).toMatchObject({ status: 401, error: { message: 'The temporary token has expired' } })
    // A temporary token is no access token.
    expect((await call('GET', '/files', { token: (await challenge()).temp_token })).status).toBe(401)
  })

  it('rotates refresh tokens; one used twice takes the family down; sign-out ends it', async () => {
    const { mock, call } = setup()
    const signIn = async () => (await call('POST', '/auth/login', { body: { email: 'ada@example.com', password: PASSWORD } })).data
    const first = await signIn()
    const second = (await call('POST', '/auth/refresh', { body: { refresh_token: first.refresh_token } })).data
    expect((await call('GET', '/files', { token: second.access_token })).status).toBe(200)
    expect((await call('POST', '/auth/refresh', { body: { refresh_token: first.refresh_token } })).status).toBe(401)
    expect((await call('GET', '/files', { token: second.access_token })).status).toBe(401)
    const third = await signIn()
    expect((await call('POST', '/auth/logout', { token: third.access_token })).data).toEqual({ message: 'Signed out' })
    expect((await call('GET', '/files', { token: third.access_token })).status).toBe(401)
    expect((await call('POST', '/auth/refresh', { body: { refresh_token: third.refresh_token } })).status).toBe(401)
    const fourth = await signIn()
    await mock.advance(901_000)
    expect(await call('GET', '/files', { token: fourth.access_token })).toMatchObject({ status: 401, error: { message: 'Token has expired' } })
    const [head, payload] = fourth.access_token.split('.')
    expect((await call('GET', '/files', { token: `${head}.${payload}.AAAA` })).status).toBe(401)
  })

  it("answers the vendor's own samples", async () => {
    const { call } = setup()
    expect((await call('POST', '/auth/login', { body: { email: 'you@company.com', password: 'your-password' } })).status).toBe(200)
    expect((await call('GET', '/files?limit=20&offset=0', { token: 'eyJ...' })).data).toHaveLength(3)
    expect((await call('POST', '/auth/totp/complete', { body: { temp_token: '...', code: '123456' } })).status).toBe(200)
  })
})

describe('tenancy and reach', () => {
  it('shows nothing of the other organisation', async () => {
    const { call, login } = setup()
    const token = await login('olga@other.example')
    expect((await call('GET', '/files', { token })).data.map((file: Json) => file.file_id)).toEqual([901])
    for (const path of ['/files/101', '/jobs/5f0b0000-0000-4000-8000-000000000001', '/reports/4e900000-0000-4000-8000-000000000001', '/reports/4e900000-0000-4000-8000-000000000001/download']) {
      expect(await call('GET', path, { token })).toMatchObject({ status: 404, error: { code: 'not_found' } })
    }
    expect((await call('GET', '/public/jobs/9b0b0000-0000-4000-8000-000000000001', { token: KEY('other') })).status).toBe(404)
    expect((await call('POST', '/jobs', { token, body: { file_ids: [101] } })).status).toBe(404)
  })

  it('gives keys what their scope grants, on the public surface only', async () => {
    const { call, login } = setup()
    const scan = '/public/scan/5ca00000-0000-4000-8000-000000000001/status'
    expect((await call('GET', '/public/alerts', { token: KEY('read') })).status).toBe(200)
    expect(await call('GET', scan, { token: KEY('read') })).toMatchObject({ status: 403, error: { code: 'insufficient_scope', message: "The 'scan' scope is needed here" } })
    for (const scope of ['scan', 'write', 'admin']) expect((await call('GET', scan, { token: KEY(scope) })).status).toBe(200)
    expect(await call('GET', '/public/alerts', { token: KEY('revoked') })).toMatchObject({ status: 401, error: { message: 'API key has been revoked' } })
    expect((await call('GET', '/public/alerts', { token: await login() })).status).toBe(401)
    expect((await call('GET', '/files', { token: KEY('admin') })).status).toBe(401)
    expect((await call('GET', '/public/health')).data).toEqual({ status: 'ok', version: '1.0.0' })
  })

  it('lets workers see their own jobs, and admins only do what is theirs', async () => {
    const { call, login } = setup()
    const token = await login('wim@example.com')
    expect((await call('GET', '/jobs', { token })).data.map((job: Json) => job.job_id.slice(-1))).toEqual(['3', '4'])
    expect((await call('GET', '/jobs/5f0b0000-0000-4000-8000-000000000001', { token })).status).toBe(404)
    expect((await call('PATCH', '/billing/ai-tier', { token, body: { ai_tier: 'advanced' } })).status).toBe(403)
    expect((await call('POST', '/reports/schedules', { token, body: { report_type: 'ai_readiness', frequency: 'weekly' } })).status).toBe(403)
    expect((await call('GET', '/billing/token-status', { token })).status).toBe(403)
  })
})

describe('files and jobs', () => {
  it('reads what is uploaded and classifies columns from their values', async () => {
    const { mock, call, login } = setup()
    const token = await login()
    const file = (await call('POST', '/files/upload', { token, form: upload('people.csv', CSV) })).data
    expect(file).toEqual({ file_id: expect.any(Number), file_name: 'people.csv', content_type: 'text/csv', size_bytes: CSV.length, status: 'uploaded', created_at: expect.any(String) })
    expect((await call('GET', '/files', { token })).meta).toEqual({ total: 4 })
    const job = (await call('POST', '/jobs', { token, body: { file_ids: [file.file_id], name: 'People' } })).data
    expect(job).toMatchObject({ status: 'queued', stage: null, progress: 0, files: [{ status: 'queued', percentage: 0 }] })
    const path = `/jobs/${job.job_id}`
    expect((await call('POST', `${path}/start`, { token })).data).toMatchObject({ status: 'processing', stage: 'reading', progress: 0 })
    await mock.advance(600)
    expect((await call('GET', path, { token })).data).toMatchObject({ status: 'processing', stage: 'classifying', progress: 50, files: [{ status: 'processing', percentage: 50 }] })
    expect((await call('GET', `/files/${file.file_id}`, { token })).data.status).toBe('processing')
    await mock.advance(600)
    const done = (await call('GET', path, { token })).data
    expect(done).toMatchObject({ status: 'completed', stage: 'done', progress: 100, error: null, completed_at: '2026-03-01T12:00:01.200Z' })
    expect(Object.fromEntries(done.columns.map((column: Json) => [column.name, column.classification]))).toEqual({
      id: 'integer_id', email: 'PII / Email', phone: 'PII / Phone', iban: 'PII / IBAN', born: 'date', amount: 'currency_amount', name: 'PII / Name', country: 'country', notes: 'free_text',
    })
    // Two of three values are addresses, and the header says so too.
    expect(done.columns[1]).toEqual({ name: 'email', classification: 'PII / Email', confidence: 0.83, file_id: file.file_id })
    expect((await call('GET', '/billing/token-status', { token })).data).toMatchObject({ balance: 4111, used: 889 })
    expect((await call('POST', '/chat', { token, body: { message: 'Which files hold IBANs?' } })).data).toMatchObject({ answer: 'One file does. It is people.csv.', query_type: 'simple', tokens_used: 1 })
    expect((await call('DELETE', `/files/${file.file_id}`, { token })).data).toEqual({ message: 'File deleted' })
    expect((await call('GET', `/files/${file.file_id}`, { token })).status).toBe(404)
    expect((await call('GET', path, { token })).data.columns).toEqual([])
  })

  it('prescans without keeping, and refuses raw passwords', async () => {
    const { call, login } = setup()
    const token = await login()
    const report = (await call('POST', '/files/prescan', { token, form: upload('people.csv', CSV) })).data
    expect(report).toMatchObject({ file_name: 'people.csv', accepted: true, row_count: 3, columns: expect.arrayContaining(['email', 'notes']) })
    const secret = 'user,password\nada,hunter2\n'
    expect((await call('POST', '/files/prescan', { token, form: upload('users.csv', secret) })).data).toMatchObject({ accepted: false, warnings: ['The column password holds raw passwords'] })
    expect(await call('POST', '/files/upload', { token, form: upload('users.csv', secret) })).toMatchObject({ status: 400, error: { code: 'bad_request' } })
    expect((await call('POST', '/files/upload', { token, form: upload('hashed.csv', 'user,password\nada,$2b$12$abcdefghijk\n') })).status).toBe(201)
    expect((await call('POST', '/files/upload', { token, form: new FormData() })).status).toBe(400)
    expect((await call('GET', '/files', { token })).data).toHaveLength(4)
  })

  it('fails by file and by name, finishes in part, and cancels', async () => {
    const { mock, call, login } = setup()
    const token = await login()
    const make = async (...files: [string, string][]) => {
      const ids = []
      for (const [name, text] of files) ids.push((await call('POST', '/files/upload', { token, form: upload(name, text) })).data.file_id)
      const { job_id } = (await call('POST', '/jobs', { token, body: { file_ids: ids } })).data
      return `/jobs/${job_id}`
    }
    const finished = async (path: string, headers = {}) => {
      await call('POST', `${path}/start`, { token, headers })
      await mock.advance(1_200)
      return (await call('GET', path, { token })).data
    }
    expect(await finished(await make(['numbers.csv', '1,2,3\n4,5,6\n']))).toMatchObject({ status: 'failed', error: 'numbers.csv has no header row', files: [{ status: 'failed' }] })
    expect(await finished(await make(['fail-me.csv', CSV]))).toMatchObject({ status: 'failed', error: 'fail-me.csv could not be classified' })
    expect(await finished(await make(['good.csv', CSV], ['corrupt.csv', CSV]))).toMatchObject({ status: 'partial', files: [{ status: 'completed' }, { status: 'failed' }] })
    expect(await finished(await make(['a.csv', CSV]), { 'x-mock-outcome': 'degraded' })).toMatchObject({ status: 'partial' })
    const path = await make(['slow.csv', CSV])
    await call('POST', `${path}/start`, { token })
    await mock.advance(300)
    expect((await call('POST', `${path}/cancel`, { token })).data).toMatchObject({ status: 'cancelled', progress: 25, completed_at: expect.any(String) })
    await mock.advance(5_000)
    expect((await call('GET', path, { token })).data.status).toBe('cancelled')
    const running = '/jobs/5f0b0000-0000-4000-8000-000000000003'
    expect((await call('POST', `${running}/cancel`, { token })).data).toMatchObject({ status: 'cancelled', progress: 40 })
  })

  it('checks contracts and raises alerts on both surfaces', async () => {
    const { mock, call, login } = setup()
    const token = await login()
    await call('POST', '/contracts', { token, body: { name: 'People', target_type: 'file', target_pattern: 'people*.csv', rules: [{ column_name: 'email', rule_type: 'not_null', config: { max_null_rate: 0.1 }, severity: 'critical' }] } })
    await call('POST', '/public/upload', { token: KEY('scan'), form: upload('people-1.csv', 'id,email\n1,\n2,b@example.com\n') })
    await mock.advance(1_200)
    expect((await call('GET', '/alerts?severity=critical&acknowledged=false', { token })).data).toMatchObject({ total: 3, alerts: [{ type: 'contract_violation', message: 'email is null in 50% of the rows in people-1.csv' }, {}, {}] })
    const alerts = await call('GET', '/public/alerts?since=2026-03-01&limit=2', { token: KEY('read') })
    expect(alerts).toMatchObject({ error: null, meta: { total: 3, page: 1 }, data: [{ severity: 'critical' }, {}] })
    expect((await call('GET', '/public/alerts?since=2026-03-04', { token: KEY('read') })).data).toHaveLength(1)
  })
})

describe('the progress socket', () => {
  function open(mock: Mock, path: string, headers: Record<string, string> = {}) {
    const socket = mock.webSocket(`${mock.baseUrl('orca').replace('/api/v1', '')}${path}`, { headers })
    const messages: Json[] = []
    const first = new Promise<void>((resolve) => {
      socket.onmessage = ({ data }) => {
        messages.push(JSON.parse(String(data)))
        resolve()
      }
    })
    let status: number | undefined
    socket.onerror = (event) => (status = event.status)
    const closed = new Promise<{ code: number | undefined; status: number | undefined }>((resolve) => (socket.onclose = ({ code }) => resolve({ code, status })))
    return { first, messages, closed }
  }
  const RUNNING = '/ws/jobs/5f0b0000-0000-4000-8000-000000000003/progress'

  it('tells the story of the engine and closes with 1000', async () => {
    const { mock, login } = setup()
    const { first, messages, closed } = open(mock, RUNNING, { authorization: `Bearer ${await login()}` })
    await first
    for (let i = 0; i < 20; i++) await mock.advance(60)
    expect(await closed).toEqual({ code: 1000, status: undefined })
    const percentages = messages.map((message) => message.percentage)
    expect(percentages).toEqual(percentages.toSorted((a, b) => a - b))
    expect(percentages.length).toBeGreaterThan(4)
    expect(messages[0]).toMatchObject({ status: 'processing', stage: 'classifying', percentage: 40, files: [{ percentage: 40 }] })
    expect(messages.map((message) => message.stage)).toContain('scoring')
    expect(messages.at(-1)).toMatchObject({ status: 'completed', stage: 'done', percentage: 100, error: null })
  })

  it('refuses before the upgrade, takes the token from the query, and closes after ten minutes', async () => {
    const { mock, login } = setup()
    const token = await login()
    expect(await open(mock, RUNNING).closed).toEqual({ code: 1006, status: 401 })
    expect(await open(mock, RUNNING, { authorization: `Bearer ${KEY('admin')}` }).closed).toEqual({ code: 1006, status: 401 })
    expect(await open(mock, '/ws/jobs/nothing/progress', { authorization: `Bearer ${token}` }).closed).toEqual({ code: 1006, status: 404 })
    const waiting = open(mock, `/ws/jobs/5f0b0000-0000-4000-8000-000000000002/progress?token=${token}`)
    await waiting.first
    await mock.advance(600_000)
    expect(await waiting.closed).toEqual({ code: 4408, status: undefined })
    expect(waiting.messages).toEqual([expect.objectContaining({ status: 'queued', percentage: 0 })])
    expect(mock.clock.alarms).toBe(0)
  })
})

describe('the rest', () => {
  it('follows public uploads and scans', async () => {
    const { mock, call } = setup()
    const token = KEY('scan')
    const { data } = await call('POST', '/public/upload', { token, form: upload('people.csv', CSV) })
    expect(data).toEqual({ job_id: expect.any(String), file_name: 'people.csv', status: 'queued' })
    const path = `/public/jobs/${data.job_id}`
    expect((await call('GET', path, { token })).data).toEqual({ job_id: data.job_id, status: 'queued', progress: 0, file_id: expect.any(Number) })
    await mock.advance(700)
    expect((await call('GET', path, { token })).data.status).toBe('processing')
    await mock.advance(500)
    expect((await call('GET', path, { token })).data).toMatchObject({ status: 'completed', progress: 100, columns: expect.arrayContaining([{ name: 'email', classification: 'PII / Email', confidence: 0.83 }]) })
    const scan = await call('POST', '/public/scan/trigger', { token, body: { source_id: 1, table_name: 'public.customers' } })
    expect(scan.data).toEqual({ scan_id: expect.any(String), status: 'queued', estimated_tokens: 12 })
    await mock.advance(1_200)
    expect((await call('GET', `/public/scan/${scan.data.scan_id}/status`, { token })).data).toMatchObject({ status: 'completed', progress: 100, source_id: 1 })
    for (const body of [{ source_id: 9, table_name: 'public.plans' }, { source_id: 1, table_name: 'nothing' }]) expect((await call('POST', '/public/scan/trigger', { token, body })).status).toBe(404)
    expect((await call('POST', '/public/upload', { token: KEY('read'), form: upload('people.csv', CSV) })).status).toBe(403)
  })

  it('makes reports and gives them by an address that needs no token', async () => {
    const { mock, call, login } = setup()
    const token = await login()
    const report = (await call('POST', '/reports/generate', { token, body: { report_type: 'gdpr_compliance', config: {} } })).data
    expect(report).toMatchObject({ status: 'pending', file_url: null })
    expect((await call('GET', `/reports/${report.id}/download`, { token })).status).toBe(404)
    await mock.advance(1_200)
    expect((await call('GET', `/reports/${report.id}`, { token })).data).toMatchObject({ status: 'complete', file_url: `reports/${report.id}.pdf` })
    const redirect = await call('GET', `/reports/${report.id}/download`, { token })
    expect(redirect.status).toBe(307)
    const location = redirect.headers.get('location')!
    const journalled = JSON.stringify([mock.inspect(mock.journal.total), await mock.fetch(location).then(() => mock.inspect(mock.journal.total))])
    expect(journalled).toContain('Signature=[redacted]')
    expect(journalled).not.toContain(new URL(location).searchParams.get('Signature'))
    const file = await mock.fetch(location)
    expect(file.status).toBe(200)
    expect(file.headers.get('content-type')).toBe('application/pdf')
    const { extractText, getDocumentProxy } = await import('unpdf')
    const { text } = await extractText(await getDocumentProxy(new Uint8Array(await file.arrayBuffer())), { mergePages: true })
    expect(text).toContain('GDPR compliance')
    expect((await mock.fetch(location.replace(/.$/, (last) => (last === '0' ? '1' : '0')))).status).toBe(401)
    await mock.advance(300_000)
    expect((await mock.fetch(location)).status).toBe(401)
    expect((await call('POST', '/reports/generate', { token, body: { report_type: 'horoscope' } })).status).toBe(400)
  })

  it('counts tokens, and understands questions by their words', async () => {
    const { call, login } = setup()
    const token = await login()
    expect((await call('PATCH', '/billing/ai-tier', { token, body: { ai_tier: 'advanced' } })).data).toEqual({ ai_tier: 'advanced' })
    expect((await call('POST', '/billing/credits', { token, body: { tokens: 1000 } })).data).toEqual({ balance: 5120 })
    const ask = async (message: string, conversation_id?: string) => (await call('POST', '/chat', { token, body: { message, ...(conversation_id && { conversation_id }) } })).data
    const first = await ask('Which files hold email addresses?')
    expect(first).toMatchObject({ answer: 'One file does. It is customers.csv.', query_type: 'simple', tokens_used: 3 })
    expect(await ask('And which else?', first.conversation_id)).toMatchObject({ query_type: 'follow_up', conversation_id: first.conversation_id })
    expect(await ask('Compare March with February')).toMatchObject({ query_type: 'complex', tokens_used: 5 })
    expect(await ask('Delete orders.csv')).toMatchObject({ query_type: 'action', tokens_used: 8 })
    expect(await ask('What will the weather be?')).toMatchObject({ query_type: 'off_scope', tokens_used: 0 })
    expect((await call('POST', '/chat', { token, body: { message: 'x', conversation_id: 'nothing' } })).status).toBe(400)
    expect((await call('GET', '/billing/credits', { token })).data.balance).toBe(5120 - 3 - 3 - 5 - 8)
    const poor = await login('olga@other.example')
    expect((await call('PATCH', '/billing/ai-tier', { token: poor, body: { ai_tier: 'advanced' } })).status).toBe(400)
    for (let i = 0; i < 10; i++) await call('POST', '/reports/generate', { token: poor, body: { report_type: 'gdpr_compliance' } })
    expect(await call('POST', '/reports/generate', { token: poor, body: { report_type: 'gdpr_compliance' } })).toMatchObject({ status: 400, error: { message: 'Not enough tokens: 5 needed, 0 left' } })
  })

  it('keeps the constants of the envelope apart from the answers', async () => {
    const { call } = setup()
    await call('GET', '/files', { token: 'eyJ...' })
    expect((await call('GET', '/files/101', { token: 'eyJ...' })).meta).toEqual({})
  })
})
