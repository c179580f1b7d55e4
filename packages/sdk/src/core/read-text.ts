const utf8 = /* @__PURE__ */ new TextDecoder()

/** The platform's `text()` goes through several layers for each body; reading the one or two chunks of a small answer is cheaper than it. */
export async function readText(body: ReadableStream<Uint8Array>): Promise<string> {
  const reader = body.getReader()
  const first = await reader.read()
  if (first.done) return ''
  const second = await reader.read()
  if (second.done) return utf8.decode(first.value)
  const decoder = new TextDecoder()
  let text = decoder.decode(first.value, { stream: true }) + decoder.decode(second.value, { stream: true })
  for (;;) {
    const next = await reader.read()
    if (next.done) return text + decoder.decode()
    text += decoder.decode(next.value, { stream: true })
  }
}
