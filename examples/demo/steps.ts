import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Secret, TOTP } from 'otpauth'
import type { Shell } from './shell.js'

// Each step runs commands, looks at what they gave, and returns one line for the summary. Anything not as it should be throws.

const documents = 'examples/documents'

interface Item {
  readonly path: string
  readonly status: string
  readonly job?: string
  readonly code?: string
}

/** Upload everything as one batch, wait for every job, build a dataset, export it. */
export async function flexorch(shell: Shell, out: string): Promise<string> {
  const folders = ['pdf', 'docx', 'xlsx', 'html', 'eml', 'md', 'txt', 'png', 'xml'].map((name) => `${documents}/${name}`)
  const upload = await shell.orkit(
    ['flexorch', 'upload', ...folders, `${documents}/csv/customers.csv`, '--wait', '--journal', join(out, 'flexorch.journal'), '--results', join(out, 'flexorch-results.jsonl'), '-o', 'json'],
    { save: join(out, 'flexorch-upload.json'), expect: [8] },
  )
  const items = upload.json<readonly Item[]>()
  const done = items.filter(({ status }) => status === 'done')
  const refused = items.filter(({ status }) => status !== 'done')
  assert.ok(done.length >= 20, `${done.length} documents were processed`)
  assert.deepEqual(refused.map(({ path, code }) => [path.split('/').at(-1), code]), [['customers.csv', 'UNSUPPORTED_FILE']], 'only the CSV file is refused')
  const results = readFileSync(join(out, 'flexorch-results.jsonl'), 'utf8').trim().split('\n')
  assert.equal(results.length, done.length, 'there is one result for each document')

  const build = await shell.orkit(['flexorch', 'datasets', 'create', '--name', 'Demo documents', ...done.flatMap(({ job }) => ['--job-ids', job!]), '--wait', '-o', 'json'])
  const { dataset_id: id, row_count: count } = build.json<{ dataset_summary: { dataset_id: number; row_count: number } }>().dataset_summary
  const file = join(out, 'dataset.jsonl')
  await shell.orkit(['flexorch', 'datasets', 'export', String(id), 'jsonl', '--out-file', file])
  const rows = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as unknown)
  assert.equal(rows.length, count, 'the export has every row')
  return `${done.length} documents processed, ${refused.length} refused (${refused[0]!.code}), dataset ${id} with ${rows.length} rows`
}

/** Sign in with password and TOTP, upload CSVs, follow the job by WebSocket, print the classified columns. */
export async function orca(shell: Shell, out: string): Promise<string> {
  const code = new TOTP({ secret: Secret.fromBase32('JBSWY3DPEHPK3PXP') }).generate()
  await shell.orkit(['orca', 'auth', 'login', '--email', 'grace@example.com', '--password-stdin', '--totp', code], { stdin: 'correct horse battery staple\n' })
  const ids: string[] = []
  for (const name of ['customers.csv', 'bestellungen-2025.csv', 'seattle-weather.csv']) {
    const file = (await shell.orkit(['orca', 'files', 'upload', `${documents}/csv/${name}`, '-o', 'json'])).json<{ id?: number | string; file_id?: number | string }>()
    ids.push(String(file.file_id ?? file.id))
  }
  const created = (await shell.orkit(['orca', 'jobs', 'create', '--name', 'Demo', ...ids.flatMap((id) => ['--file-ids', id]), '-o', 'json'])).json<{ job_id?: string; id?: string }>()
  const job = String(created.job_id ?? created.id)
  await shell.orkit(['orca', 'jobs', 'start', job, '-q', '-o', 'json'])
  const watched = await shell.orkit(['orca', 'watch', job, '-o', 'jsonl'], { save: join(out, 'orca-progress.jsonl') })
  const progress = watched.stdout.trim().split('\n').map((line) => JSON.parse(line) as { status: string; percentage?: number })
  assert.equal(progress.at(-1)?.percentage, 100, 'the job ended at 100 %')
  const result = (await shell.orkit(['orca', 'jobs', 'get', job, '-o', 'json'], { save: join(out, 'orca-job.json') })).json<{ columns: readonly { name: string; classification: string; confidence: number }[] }>()
  for (const { name, classification, confidence } of result.columns) process.stdout.write(`  ${name.padEnd(22)} ${classification.padEnd(24)} ${confidence.toFixed(2)}\n`)
  const personal = result.columns.filter(({ classification }) => classification.startsWith('PII'))
  assert.ok(personal.some(({ name }) => /mail/i.test(name)), 'the e-mail column is found')
  return `${ids.length} files, ${progress.length} progress messages, ${result.columns.length} columns, ${personal.length} of them personal data`
}

/** Create a knowledge base, upload Markdown, search it, stream a chat answer token by token. */
export async function orckai(shell: Shell, out: string): Promise<string> {
  const base = (await shell.orkit(['orckai', 'knowledge-bases', 'create', '--name', 'Handbook', '-o', 'json'])).json<{ id: string }>()
  await shell.orkit(['orckai', 'upload', `${documents}/handbook/*.md`, '--to', base.id, '--wait', '--journal', join(out, 'orckai.journal'), '-o', 'json'], { save: join(out, 'orckai-upload.json') })
  const hits = (await shell.orkit(['orckai', 'knowledge-bases', 'search', base.id, 'refund of an annual plan', '--limit', '3', '-o', 'json'], { save: join(out, 'orckai-search.json') })).json<readonly { content: string; score: number; documentName: string }[]>()
  for (const { score, documentName, content } of hits) process.stdout.write(`  ${score.toFixed(2)} ${documentName}: ${content.slice(0, 90).replaceAll(/\s+/g, ' ')}\n`)
  assert.equal(hits[0]?.documentName, 'refund-policy.md', 'the refund policy ranks first')
  const chat = await shell.orkit(['orckai', 'chat', 'Explain in two sentences what a knowledge base is.', '-o', 'raw'], { show: true, save: join(out, 'orckai-chat.txt') })
  assert.ok(chat.stdout.trim().length > 20, 'there is an answer')
  return `3 documents uploaded, ${hits.length} hits, an answer of ${chat.stdout.trim().split(/\s+/).length} words`
}

/** Submit a document, follow the case's events to the end, print the evidence-backed fields. */
export async function klarefi(shell: Shell, out: string): Promise<string> {
  const submitted = (await shell.orkit(['klarefi', 'process', 'create', 'https://documents.example.com/claims/incident-report.pdf', '--case-type-id', 'ct_claim', '--idempotency-key', 'demo-1', '-o', 'json'])).json<{ case_id: string }>()
  const events = (await shell.orkit(['klarefi', 'watch', submitted.case_id, '-o', 'jsonl'], { show: true, save: join(out, 'klarefi-events.jsonl') })).stdout.trim().split('\n')
  const found = (await shell.orkit(['klarefi', 'cases', 'get', submitted.case_id, '-o', 'json'], { save: join(out, 'klarefi-case.json') })).json<{
    status: string
    features: Record<string, { decision: { selected_candidate_id?: string | null }; candidates: readonly { candidate_id: string; value_normalized: string; confidence?: number }[]; evidence: readonly { quote: string; page_index: number }[] }>
  }>()
  const fields = Object.entries(found.features)
  for (const [name, { decision, candidates, evidence }] of fields) {
    const chosen = candidates.find(({ candidate_id: id }) => id === decision.selected_candidate_id) ?? candidates[0]
    process.stdout.write(`  ${name.padEnd(18)} ${String(chosen?.value_normalized ?? '').padEnd(26)} “${evidence[0]?.quote ?? ''}”\n`)
  }
  assert.ok(fields.length > 0 && fields.every(([, { evidence }]) => evidence.length > 0), 'every field has evidence')
  return `case ${submitted.case_id} ${found.status}, ${events.length} events, ${fields.length} fields with evidence`
}

/** Sign in by cookie with CSRF, create a project, an agent and a workflow, run it, read the run. */
export async function orbiter(shell: Shell, out: string): Promise<string> {
  await shell.orkit(['orbiter', 'auth', 'login', '--email', 'ada@example.com', '--password-stdin'], { stdin: 'correct horse battery staple\n' })
  const project = (await shell.orkit(['orbiter', 'projects', 'create', '--name', 'Demo', '-o', 'json'])).json<{ id: string }>()
  const agent = (await shell.orkit(['orbiter', 'agents', 'create', '--name', 'Greeter', '--project-id', project.id, '--instructions', 'Greet the reader.', '--model-provider', 'openai', '--model-name', 'gpt-4o-mini', '-o', 'json'])).json<{ id: string }>()
  const nodes = [
    { id: 'start', type: 'workflow', position: { x: 0, y: 0 }, data: { nodeType: 'manual', label: 'Start' } },
    { id: 'greet', type: 'workflow', position: { x: 240, y: 0 }, data: { nodeType: 'agent_node', label: 'Greeter', agent_id: agent.id } },
  ]
  const edges = [{ id: 'e1', source: 'start', target: 'greet', sourceHandle: 'output', targetHandle: 'input' }]
  const workflow = (await shell.orkit(['orbiter', 'workflows', 'create', '--name', 'Greeting', '--project-id', project.id, '--nodes-json', JSON.stringify(nodes), '--edges-json', JSON.stringify(edges), '-o', 'json'])).json<{ id: string }>()
  const started = (await shell.orkit(['orbiter', 'workflows', 'run', workflow.id, '-o', 'json'])).json<{ run_id: string }>()
  await shell.orkit(['orbiter', 'watch', workflow.id, started.run_id, '-o', 'jsonl'], { save: join(out, 'orbiter-run.jsonl') })
  const run = (await shell.orkit(['orbiter', 'workflows', 'runs', 'get', workflow.id, started.run_id, '-o', 'json'], { save: join(out, 'orbiter-run.json') })).json<{ status: string; node_executions: readonly unknown[] }>()
  assert.equal(run.status, 'completed')
  return `run ${run.status}, ${run.node_executions.length} nodes executed`
}
