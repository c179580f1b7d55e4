import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { quick } from '../../test/fixture/client.js'
import { ok, rejection, serve } from '../../test/fixture/server.js'
import { InvalidArgumentError } from '../core/errors/index.js'
import type { Fetch } from '../core/options.js'
import { isExcluded, proxyFor } from './proxy.js'
import { nodeTransport } from './transport.js'

describe('which proxy', () => {
  const http = new URL('http://api.example.com/x')
  const https = new URL('https://api.example.com/x')
  it('by the variables', () => {
    expect(proxyFor(http, {})).toBeUndefined()
    expect(proxyFor(http, { HTTP_PROXY: 'http://p:1' })?.href).toBe('http://p:1/')
    expect(proxyFor(http, { HTTP_PROXY: 'http://p:1', REQUEST_METHOD: 'GET' })).toBeUndefined()
    expect(proxyFor(https, { HTTP_PROXY: 'http://p:1' })).toBeUndefined()
    expect(proxyFor(https, { https_proxy: 'p:3128', HTTPS_PROXY: 'http://q' })?.host).toBe('p:3128')
    expect(proxyFor(https, { ALL_PROXY: 'http://a' })?.host).toBe('a')
    expect(proxyFor(https, { HTTPS_PROXY: 'http://p', NO_PROXY: 'example.com' })).toBeUndefined()
    expect(proxyFor(https, { HTTPS_PROXY: 'socks5://p' })).toBeUndefined()
    expect(proxyFor(https, { HTTPS_PROXY: ' http://p ' })?.host).toBe('p')
  })
  it.each(['localhost', 'LocalHost:8080', '127.0.0.1', '127.9.9.9:1', '[::1]:80', 'api.localhost'])('%s is this machine, which no proxy is asked for', (host) => {
    for (const scheme of ['http', 'https']) expect(proxyFor(new URL(`${scheme}://${host}`), { HTTP_PROXY: 'http://p', HTTPS_PROXY: 'http://p', ALL_PROXY: 'http://p' })).toBeUndefined()
  })
  it.each(['http://', 'http://p:port', 'http://ada:se/cret@p:80', '://', 'http://p p'])('the proxy %j is refused by the name of its variable, and not shown', (value) => {
    for (const name of ['https_proxy', 'HTTPS_PROXY', 'ALL_PROXY']) {
      const error = (() => { try { return proxyFor(https, { [name]: value }) } catch (thrown) { return thrown as Error } })()
      expect(error).toBeInstanceOf(InvalidArgumentError)
      expect(error).toHaveProperty('message', expect.stringContaining(`variable ${name} is not`))
      expect(String(error)).not.toContain('cret')
    }
    expect(proxyFor(new URL('http://localhost'), { HTTP_PROXY: value })).toBeUndefined()
  })
  it.each([['*', true], ['example.com', true], ['.example.com', true], ['*.example.com', true], ['api.example.com:443', true], ['api.example.com:80', false], ['ample.com', false], ['other.com, example.com', true], ['', false]])('NO_PROXY=%s: %s', (list, excluded) => {
    expect(isExcluded(https, list)).toBe(excluded)
  })
})

it('sends http through a proxy, and past it what NO_PROXY names and what is on this machine', async () => {
  const server = await serve((_, response) => ok(response, 'behind'))
  const seen: (string | undefined)[] = []
  const proxy = createServer((request, response) => {
    seen.push(request.headers['proxy-authorization'])
    const target = new URL(request.url!)
    expect(target.hostname).toBe('items.example')
    request.pipe(httpRequest({ host: '127.0.0.1', port: target.port, path: target.pathname, headers: request.headers }, (answer) => answer.pipe(response.writeHead(answer.statusCode!, answer.headers))))
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = `http://ada:s%40crt@127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const far = server.url.replace('127.0.0.1', 'items.example')
  const get = (url: string, fetch: Fetch) => quick(url, { fetch, allowInsecureHttp: true, maxRetries: 0 }).client.request('items.get', { path: { id: 'a' } })
  const through = nodeTransport({ env: { HTTP_PROXY: address } })
  expect(await get(far, through)).toBe('behind')
  expect(seen).toEqual([`Basic ${Buffer.from('ada:s@crt').toString('base64')}`])
  expect(await get(server.url, through)).toBe('behind')
  const around = nodeTransport({ env: { HTTP_PROXY: address, NO_PROXY: 'items.example' } })
  // There is no such host: who goes there itself does not find it.
  expect(await rejection(get(far, around))).toMatchObject({ kind: 'ConnectionError', sent: false })
  expect(await rejection(get(far, nodeTransport({ env: { HTTP_PROXY: 'http://ada:s crt@' } })))).toMatchObject({ kind: 'InvalidArgumentError' })
  expect(seen).toHaveLength(1)
  through.close()
  around.close()
  proxy.closeAllConnections()
  proxy.close()
  await server.close()
})

it('decompresses and reads headers like fetch does', async () => {
  const server = await serve((request, response) => {
    expect(request.headers['accept-encoding']).toContain('gzip')
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip', 'set-cookie': ['a=1', 'b=2'] }).end(gzipSync('{"data":"small"}'))
  })
  const { data, response } = await quick(server.url, { fetch: nodeTransport() }).client.request('items.get', { path: { id: 'a' } }).withResponse()
  expect(data).toBe('small')
  expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
  expect([...response.headers].filter(([name]) => name === 'set-cookie')).toHaveLength(2)
  await server.close()
})

it('streams with back-pressure', { retry: 2 }, async () => {
  let received = 0
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => { received += chunk.length })
    request.on('end', () => response.end('{"data":1}'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const chunk = new Uint8Array(256 * 1024)
  const size = 256
  const before = process.memoryUsage().rss
  let peak = 0
  const source = { name: 'big.bin', size: size * chunk.length, stream: async function* () { for (let i = 0; i < size; i++) { peak = Math.max(peak, process.memoryUsage().rss); yield chunk } } }
  await quick(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { fetch: nodeTransport() }).client.request('files.upload', { params: { file: source } })
  expect(received).toBeGreaterThan(size * chunk.length)
  expect(peak - before).toBeLessThan(64 * 1024 * 1024)
  server.closeAllConnections()
  server.close()
})
