import { expect, it } from 'vitest'
import { guarded } from '../hosts/node-send.js'
import { isLoopback, isPrivate } from './addresses.js'
import { refused, RefusedTarget } from './webhooks.js'

const hostOf = (url: string): string => new URL(url).hostname

/** Every way to write an address that leads inside. */
const INSIDE = [
  'http://10.0.0.1/', 'http://10.255.255.255/', 'http://172.16.0.1/', 'http://172.31.255.255/', 'http://192.168.0.1/', 'http://169.254.169.254/latest/meta-data/', 'http://100.64.0.1/', 'http://100.127.255.255/',
  'http://0.0.0.0/', 'http://0/', 'http://192.0.0.192/', 'http://198.18.0.1/', 'http://198.19.255.255/', 'http://224.0.0.1/', 'http://240.0.0.1/', 'http://255.255.255.255/',
  // One number, octal, hexadecimal, mixed, short, percent-encoded, full-width.
  'http://167772161/', 'http://012.0.0.1/', 'http://0xa.0.0.1/', 'http://0x0a000001/', 'http://10.1/', 'http://192.168.257/', 'http://0xa9.0xfe.0xa9.0xfe/', 'http://%31%30.0.0.1/', 'http://１０.0.0.1/', 'http://10.0.0.1./',
  'http://[::]/', 'http://[fc00::1]/', 'http://[fd12:3456::1]/', 'http://[fe80::1]/', 'http://[fec0::1]/', 'http://[ff02::1]/', 'http://[::ffff:10.0.0.1]/', 'http://[::ffff:a00:1]/', 'http://[::10.0.0.1]/',
  'http://[64:ff9b::a00:1]/', 'http://[2002:a00:1::]/', 'http://[2001::1]/', 'http://[2001:0:a00:1::]/', 'http://[2001:db8::1]/',
  'http://printer.local/', 'http://db.internal/', 'http://router.lan/', 'http://nas.home.arpa/', 'http://intranet/', 'http://DB.Internal./',
]
const LOOPBACK = ['http://localhost/', 'http://LOCALHOST:8080/', 'http://localhost./', 'http://a.localhost/', 'http://127.0.0.1/', 'http://127.9.9.9/', 'http://2130706433/', 'http://0177.0.0.1/', 'http://0x7f.1/', 'http://127.1/', 'http://[::1]/', 'http://[0:0:0:0:0:0:0:1]/']
const OUTSIDE = ['https://example.com/', 'https://8.8.8.8/', 'https://11.0.0.1/', 'https://172.15.0.1/', 'https://172.32.0.1/', 'https://192.1.0.1/', 'https://100.63.0.1/', 'https://100.128.0.1/', 'https://223.255.255.255/', 'https://[2606:4700::1111]/', 'https://[2a00:1450::1]/', 'https://internal.example.com/', 'https://localhost.example.com/']

it('tells what leads inside from what leads out, however it is written', () => {
  expect(INSIDE.filter((url) => !isPrivate(hostOf(url)) || isLoopback(hostOf(url)))).toEqual([])
  expect(LOOPBACK.filter((url) => !isLoopback(hostOf(url)) || !isPrivate(hostOf(url)))).toEqual([])
  expect(OUTSIDE.filter((url) => isPrivate(hostOf(url)) || isLoopback(hostOf(url)))).toEqual([])
})

it('lets webhooks go to loopback, and out where that is allowed', () => {
  expect(INSIDE.filter((url) => refused(url, 'any') === undefined)).toEqual([])
  expect([...LOOPBACK, ...OUTSIDE].filter((url) => refused(url, 'any') !== undefined)).toEqual([])
  expect(LOOPBACK.filter((url) => refused(url, 'loopback') !== undefined)).toEqual([])
  expect([...INSIDE, ...OUTSIDE].filter((url) => refused(url, 'loopback') === undefined)).toEqual([])
  for (const url of ['ftp://127.0.0.1/', 'file:///etc/passwd', 'gopher://127.0.0.1/', 'javascript:alert(1)', 'x', '']) expect(refused(url, 'any'), url).toBeDefined()
})

it('finds out a name that leads inside, whichever of its addresses it is', async () => {
  const names: Record<string, string[]> = { 'public.example': ['93.184.216.34'], 'inside.example': ['10.0.0.1'], 'both.example': ['93.184.216.34', '169.254.169.254'], 'six.example': ['::ffff:10.0.0.1'] }
  const find = ((host: string, _: unknown, done: (error: unknown, found: { address: string; family: number }[]) => void) => {
    const found = names[host]
    if (!found) return done(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }), [])
    done(null, found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })))
  }) as never
  const look = (host: string, all: boolean) => new Promise((resolve) => guarded(find)(host, { all } as never, (error, address) => resolve(error ?? address)))
  expect(await look('public.example', false)).toBe('93.184.216.34')
  expect(await look('public.example', true)).toEqual([{ address: '93.184.216.34', family: 4 }])
  for (const host of ['inside.example', 'both.example', 'six.example']) for (const all of [true, false]) expect(await look(host, all), host).toBeInstanceOf(RefusedTarget)
  expect(await look('nobody.example', true)).toMatchObject({ code: 'ENOTFOUND' })
})
