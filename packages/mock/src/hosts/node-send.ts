import { lookup } from 'node:dns'
import { request as plain } from 'node:http'
import { request as secure } from 'node:https'
import type { LookupFunction } from 'node:net'
import { isPrivate } from '../effects/addresses.js'
import { RefusedTarget } from '../effects/webhooks.js'
import type { WorldOptions } from '../world/options.js'

type Send = NonNullable<WorldOptions['send']>

/** Connects to the very address that was checked: a name that is looked up again may lead elsewhere. */
export const sendGuarded: Send = (url, { method, headers, body, signal }) =>
  new Promise((resolve, reject) => {
    const request = url.startsWith('https:') ? secure : plain
    const sent = request(url, { method, headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) }, lookup: guarded(), agent: false, ...(signal && { signal }) }, (response) => {
      response.resume()
      resolve({ status: response.statusCode ?? 0 })
    })
    sent.on('error', reject)
    sent.end(body)
  })

/** Finds the addresses of a name, and none if one of them is private. */
export function guarded(find: typeof lookup = lookup): LookupFunction {
  return (host, options, done) => {
    find(host, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, '', 0)
      if (addresses.some(({ address }) => isPrivate(address))) return done(new RefusedTarget(), '', 0)
      if (options.all) return done(null, addresses)
      done(null, addresses[0]!.address, addresses[0]!.family)
    })
  }
}
