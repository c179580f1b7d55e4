import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ibanLength, isCard, isIban } from './identifiers.js'

it('knows an IBAN by its country, its length and its check digits', () => {
  for (const good of ['DE89370400440532013000', 'GB82 WEST 1234 5698 7654 32', 'nl91abna0417164300', 'FR1420041010050500013M02606', 'NO9386011117947', 'TR330006100519786457841326', 'SE4550000000058398257466']) expect(isIban(good), good).toBe(true)
  for (const bad of ['DE00370400440532013000', 'DE8937040044053201300', 'DE893704004405320130000', 'XX89370400440532013000', 'DE89-3704-0044', '', 'DE']) expect(isIban(bad), bad).toBe(false)
  expect([ibanLength('de'), ibanLength('XX')]).toEqual([22, undefined])
})

it('a changed digit of an IBAN is always found out', () => {
  fc.assert(fc.property(fc.integer({ min: 4, max: 21 }), fc.integer({ min: 1, max: 9 }), (at, step) => {
    const good = 'DE89370400440532013000'
    const changed = (Number(good[at]) + step) % 10
    expect(isIban(good.slice(0, at) + changed + good.slice(at + 1))).toBe(false)
  }))
})

it('knows a card by its issuer and its check digit', () => {
  for (const good of ['4111 1111 1111 1111', '4222222222222', '5555-5555-5555-4444', '2223003122003222', '378282246310005', '6011111111111117', '30569309025904', '3530111333300000', '6200000000000005', '6759649826438453']) expect(isCard(good), good).toBe(true)
  // A wrong digit; numbers of French companies and of articles, which have the same check digit.
  for (const bad of ['4111111111111112', '78787878400018', '99999999800019', '63636363200010', '3518370900150', '0000000000000000', '411111111111111', '', '4111x1111']) expect(isCard(bad), bad).toBe(false)
})
