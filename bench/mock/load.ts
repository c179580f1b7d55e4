import { connect } from 'node:net'

export interface Load {
  port: number
  /** The request, byte by byte. */
  request: string
  connections: number
  /** Milliseconds that count, and those before them that do not. */
  ms: number
  warmUp: number
}

/** Requests a second over keep-alive connections, one request under way on each: a loader that costs less than what it loads. */
export async function load({ port, request, connections, ms, warmUp }: Load): Promise<number> {
  const bytes = Buffer.from(request)
  let count = 0
  let failed = 0
  const sockets = Array.from({ length: connections }, () => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let expected = 0
    let received = 0
    socket.on('connect', () => socket.write(bytes))
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length
      if (expected === 0) {
        const text = chunk.toString('latin1')
        if (!text.startsWith('HTTP/1.1 200')) failed++
        expected = text.indexOf('\r\n\r\n') + 4 + Number(/content-length: (\d+)/i.exec(text)![1])
      }
      if (received < expected) return
      count++
      received = 0
      expected = 0
      socket.write(bytes)
    })
    socket.on('error', () => failed++)
    return socket
  })
  await new Promise((resolve) => setTimeout(resolve, warmUp))
  const [from, start] = [count, performance.now()]
  await new Promise((resolve) => setTimeout(resolve, ms))
  const [done, spent] = [count - from, performance.now() - start]
  for (const socket of sockets) socket.destroy()
  if (failed > 0) throw new Error(`${failed} answers were no 200`)
  return done / (spent / 1000)
}

export function get(path: string, headers: Readonly<Record<string, string>> = {}): string {
  return `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}
