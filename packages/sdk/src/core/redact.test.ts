import { expect, it } from 'vitest'
import { createRedactor } from './redact.js'

it('hides secrets by header name, member name, pattern and value', () => {
  const redact = createRedactor(['oak_', 'orb_ci_'])
  redact.learn('hunter2-long')
  redact.learn('abc')
  expect(redact.headers({ authorization: 'x', 'X-Api-Key': 'x', Cookie: 'x', 'x-csrf-token': 'x', accept: 'application/json', 'x-note': 'hunter2-long' })).toEqual({ authorization: '[redacted]', 'X-Api-Key': '[redacted]', Cookie: '[redacted]', 'x-csrf-token': '[redacted]', accept: 'application/json', 'x-note': '[redacted]' })
  expect(redact.body({ email: 'a@b', password: 'p', nested: [{ api_key: 'k', apiKey: 'k', refresh_token: 't', accessToken: 't', note: 'oak_12345678 abc', max_tokens: 5, signed_url: 'u' }] })).toEqual({ email: 'a@b', password: '[redacted]', nested: [{ api_key: '[redacted]', apiKey: '[redacted]', refresh_token: '[redacted]', accessToken: '[redacted]', note: 'oak_[redacted] abc', max_tokens: 5, signed_url: '[redacted]' }] })
  expect(redact.text('Bearer abc.def eyJhbGciOi.eyJzdWIi.sig orb_ci_9999 hunter2-long')).toBe('Bearer [redacted] [redacted] orb_ci_[redacted] [redacted]')
  expect(redact.url('https://h/p?token=a&x=1&X-Amz-Signature=b#f')).toBe('https://h/p?token=[redacted]&x=1&X-Amz-Signature=[redacted]#f')
})
