// What every runtime does with the packed SDK, against the reference server: list, create, stream, upload, verify a webhook. Plain JavaScript of the
// year 2022 and nothing of any platform, so that the same file runs everywhere. Gives what it saw; the test knows what that must be.

export async function scenario({ Orckai, NotFoundError, signPayload, constructEvent, WebhookVerificationError }, { baseUrl, apiKey, ...options }) {
  const orckai = new Orckai({ baseUrl, apiKey, ...options })

  const names = []
  for await (const agent of orckai.agents.list()) names.push(agent.name)

  const name = `Agent žluť ${Math.random().toString(36).slice(2)}`
  const created = await orckai.agents.create({ name })
  const { data: read, attempts } = await orckai.agents.get(created.id).withResponse()

  let events = 0
  let text = ''
  for await (const event of await orckai.chat.stream({ message: 'What is a knowledge base?' })) {
    events++
    text += event.content ?? ''
  }

  const base = await orckai.knowledgeBases.create({ name: `Base ${name}` })
  const content = new Uint8Array(100_000).fill(0x61)
  let sent = 0
  const uploaded = await orckai.knowledgeBases.documents.upload(base.id, { file: { name: 'příručka.txt', type: 'text/plain', data: content } }, { onUploadProgress: (progress) => { sent = progress.sent } })
  const documents = await orckai.knowledgeBases.documents.list(base.id).toArray()

  const failure = await orckai.agents.get('00000000-0000-4000-8000-00000000dead').then(() => 'none', (error) => error)

  const secret = 'whsec_0123456789abcdef0123456789abcdef'
  const body = JSON.stringify({ event_type: 'v1.case.completed', delivery_id: 'd1' })
  const signature = await signPayload(body, secret)
  const event = await constructEvent(body, signature, secret)
  const forged = await constructEvent(`${body} `, signature, secret).then(() => 'taken', (error) => (error instanceof WebhookVerificationError ? error.reason : String(error)))

  return {
    listed: names.length > 0,
    created: read.name === name && attempts === 1,
    streamed: events > 1 && text.length > 0,
    uploaded: Boolean(uploaded) && documents.length === 1 && sent >= content.length,
    refused: failure instanceof NotFoundError && failure.status === 404,
    webhook: event.event_type,
    forged,
  }
}
