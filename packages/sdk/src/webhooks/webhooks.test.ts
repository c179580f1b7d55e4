import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { rejection } from '../../test/fixture/server.js'
import { constructEventSync } from '../node/webhooks.js'
import { Klarefi } from '../systems/klarefi/index.js'
import { constructEvent, constructFlexOrchEvent, signFlexOrchPayload, signPayload, WebhookVerificationError } from './index.js'

const secret = 'whsec_test_0123456789'
const body = JSON.stringify({ event_type: 'v1.case.completed', case_id: 'c_1', note: 'žluť' })
const at = (timestamp: number) => ({ now: () => timestamp * 1000 })

describe('Klarefi', () => {
  it('signs as documented', async () => {
    const header = await signPayload(body, secret, { timestamp: 1_700_000_000 })
    expect(header).toBe(`t=1700000000,v1=${createHmac('sha256', secret).update(`1700000000.${body}`).digest('hex')}`)
  })

  it('takes text, bytes and buffers, with and without a promise', async () => {
    const header = await signPayload(body, secret)
    const bytes = new TextEncoder().encode(body)
    for (const raw of [body, bytes, bytes.buffer, Buffer.from(body)]) {
      expect(await constructEvent(raw as string, header, secret)).toEqual(JSON.parse(body))
      expect(constructEventSync(raw as string, header, secret)).toEqual(JSON.parse(body))
    }
    const event = await new Klarefi({ apiKey: 'sk_test_x' }).webhooks.constructEvent(body, header, secret)
    expect(event.event_type).toBe('v1.case.completed')
  })

  it('takes no signature that only begins with the right one, or ends early', async () => {
    const header = await signPayload(body, secret, { timestamp: 1000 })
    for (const wrong of [`${header}00`, header.slice(0, -2), `${header}${header.slice(-64)}`]) expect(await rejection(constructEvent(body, wrong, secret, at(1000)))).toMatchObject({ reason: 'signature' })
    expect(() => constructEventSync(body, `${header}00`, secret, at(1000))).toThrow('the signature does not fit')
  })

  it('allows 300 s either way', async () => {
    const header = await signPayload(body, secret, { timestamp: 1000 })
    for (const now of [700, 1000, 1300]) expect(await constructEvent(body, header, secret, at(now))).toBeDefined()
    for (const now of [699, 1301]) expect(await rejection(constructEvent(body, header, secret, at(now)))).toMatchObject({ reason: 'timestamp' })
    expect(await constructEvent(body, header, secret, { ...at(2000), tolerance: 1000 })).toBeDefined()
    // A tolerance that came from a setting which is not there lets nothing through.
    expect(await rejection(constructEvent(body, header, secret, { ...at(2000), tolerance: Number.NaN }))).toMatchObject({ reason: 'timestamp' })
    expect(await rejection(constructEvent(body, header, secret, { now: () => Number.NaN }))).toMatchObject({ reason: 'timestamp' })
  })

  it('takes several signatures and several secrets during a rotation', async () => {
    const header = await signPayload(body, ['old', secret], { timestamp: 1000 })
    expect(header.match(/v1=/g)).toHaveLength(2)
    expect(await constructEvent(body, header, secret, at(1000))).toBeDefined()
    expect(await constructEvent(body, await signPayload(body, 'old', { timestamp: 1000 }), [secret, 'old'], at(1000))).toBeDefined()
  })

  it.each([
    ['another secret', (header: string) => [body, header, 'other'], 'signature'], ['another body', (header: string) => [`${body} `, header, secret], 'signature'],
    ['another time', (header: string) => [body, header.replace('t=1000', 't=1001'), secret], 'signature'], ['a cut signature', (header: string) => [body, header.slice(0, -2), secret], 'signature'],
    ['no header', () => [body, undefined, secret], 'header'], ['an empty header', () => [body, '', secret], 'header'], ['no time', (header: string) => [body, header.replace(/t=\d+,/, ''), secret], 'header'],
    ['no signature', () => [body, 't=1000', secret], 'header'], ['two times', (header: string) => [body, `t=5,${header}`, secret], 'header'], ['many signatures', () => [body, `t=1000,${'v1=00,'.repeat(50)}`, secret], 'header'],
    ['a time that is none', (header: string) => [body, header.replace('t=1000', 't=1e3'), secret], 'header'],
    ['a parsed body', (header: string) => [JSON.parse(body), header, secret], 'body'], ['no secret', (header: string) => [body, header, ''], 'secret'], ['a secret with a line end', (header: string) => [body, header, `${secret}\n`], 'secret'],
  ])('refuses %s', async (_, make, reason) => {
    const [raw, header, key] = make(await signPayload(body, secret, { timestamp: 1000 })) as [string, string, string]
    const error = await rejection(constructEvent(raw, header, key, at(1000)))
    expect(error).toBeInstanceOf(WebhookVerificationError)
    expect(error.reason).toBe(reason)
    expect(error.message).not.toContain(secret)
    expect(() => constructEventSync(raw, header, key, at(1000))).toThrow(WebhookVerificationError)
  })

  it('refuses a signed body that is not JSON', async () => {
    expect(await rejection(constructEvent('nope', await signPayload('nope', secret), secret))).toMatchObject({ reason: 'body' })
  })
})

describe('FlexOrch', () => {
  it('signs and verifies', async () => {
    const signature = await signFlexOrchPayload(body, secret)
    expect(signature).toBe(createHmac('sha256', secret).update(body).digest('hex'))
    expect(await constructFlexOrchEvent(body, signature, secret)).toEqual(JSON.parse(body))
    expect(await constructFlexOrchEvent(body, signature, ['x', secret])).toEqual(JSON.parse(body))
    for (const [header, key, reason] of [[signature, 'x', 'signature'], [undefined, secret, 'header'], ['zz', secret, 'header']] as const) expect(await rejection(constructFlexOrchEvent(body, header, key))).toMatchObject({ reason })
  })
})
