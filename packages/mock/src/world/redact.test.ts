import { expect, it } from 'vitest'
import { isSecretMember, redactBody, redactText } from './redact.js'

it('takes out what is a secret by name, in either spelling, and leaves what is none', () => {
  const body = JSON.stringify({
    password: 's1', new_password: 's2', signing_secret: 's3', temp_token: 's4', apiKey: 's5', config: { aws_secret_access_key: 's6', secretAccessKey: 's7', account_key: 's8', private_key: 's9', connection_string: 's10', credentials_json: '{"private_key":"s11"}' },
    code: '123456', idempotency_key: 'order-1', aws_access_key_id: 'AKIA', name: 'n',
  })
  expect(redactBody(body)).not.toMatch(/s\d/)
  expect(JSON.parse(redactBody(body))).toMatchObject({ code: '[redacted]', idempotency_key: 'order-1', aws_access_key_id: 'AKIA', name: 'n' })
  expect(redactBody('{"error":{"code":"not_found"},"key":"fresh"}', 'answer')).toBe('{"error":{"code":"not_found"},"key":"[redacted]"}')
  for (const cut of ['{"password":"hunter', '{"password":"hun\\"ter', '{"password":"hunter\\']) expect(redactBody(cut)).toBe('{"password":"[redacted]"')
  expect(['secretAccessKey', 'account_key', 'connectionString', 'temp_token'].every(isSecretMember)).toBe(true)
  expect(['idempotency_key', 'keys', 'aws_access_key_id', 'status_code'].some(isSecretMember)).toBe(false)
})

it('takes out the secrets of addresses, wherever they stand', () => {
  expect(redactText('/ws/jobs/1?token=abc&n=1')).toBe('/ws/jobs/1?token=[redacted]&n=1')
  expect(redactText('{"signed_url":"https://x.example/s/1?token=abc","snippet":"location.href=\\"https://x.example/s/1?token=abc\\";"}')).not.toContain('abc')
  expect(redactText('https://x.example/r/download?Expires=17&Signature=abc')).toBe('https://x.example/r/download?Expires=17&Signature=[redacted]')
})

it('takes out tokens by their look, in a time that does not grow with the square of a text', () => {
  expect(redactText('Bearer eyJhbGciOi.eyJzdWIi.c2ln and oak_test_full_access_0000')).toBe('Bearer [redacted] and [redacted]')
  const text = 'eyJ-'.repeat(100_000)
  expect(redactText(text)).toBe(text)
})
