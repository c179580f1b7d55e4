import { once } from 'node:events'
import http from 'node:http'
import https from 'node:https'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { plainTunnelAgent, proxyAuthorization, tunnelAgent } from './tunnel.js'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A proxy that says so much to a CONNECT, and nothing more. Gives its connections as they come. */
async function proxy(says: string): Promise<{ readonly url: URL; readonly sockets: Socket[] }> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.once('data', () => socket.write(says))
  })
  servers.push(server)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return { url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`), sockets }
}

const outcome = (request: http.ClientRequest) => new Promise<NodeJS.ErrnoException>((resolve) => request.once('error', resolve).end())

describe('a way through a proxy', () => {
  it.each([['says nothing', ''], ['opens a way behind which nobody answers', 'HTTP/1.1 200 OK\r\n\r\n']])('is given up, and its connection closed, when the proxy %s', async (_, says) => {
    const { url, sockets } = await proxy(says)
    const agent = tunnelAgent({ proxy: url, patience: 150 })
    expect(await outcome(https.request('https://api.example.com/', { agent }))).toMatchObject({ code: 'ERR_PROXY', message: 'the proxy opened no way to api.example.com:443 within 0.15 s' })
    if (!sockets[0]!.destroyed) await once(sockets[0]!, 'close')
    agent.destroy()
  })

  it('is told of in words when the proxy refuses it', async () => {
    const { url } = await proxy('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n')
    const agent = plainTunnelAgent({ proxy: url })
    expect(await outcome(http.request('http://api.example.com/', { agent }))).toMatchObject({ code: 'ERR_PROXY', message: 'the proxy answered 407 to CONNECT' })
    agent.destroy()
  })

  it('is asked for with the credential as it was meant', () => {
    const sent = (url: string) => Buffer.from(proxyAuthorization(new URL(url))['proxy-authorization']!.slice(6), 'base64').toString()
    expect([sent('http://u:p%40ss@proxy'), sent('http://u:100%@proxy')]).toEqual(['u:p@ss', 'u:100%'])
    expect(proxyAuthorization(new URL('http://proxy'))).toEqual({})
  })
})
