/** Numbers that carry their own proof: what fits by chance is not taken for one. */

const IBAN_LENGTHS: Readonly<Record<string, number>> = {
  AD: 24, AE: 23, AT: 20, BE: 16, BG: 22, CH: 21, CY: 28, CZ: 24, DE: 22, DK: 18, EE: 20, ES: 24, FI: 18, FR: 27, GB: 22, GR: 27, HR: 21, HU: 28, IE: 22, IS: 26, IT: 27, LI: 21, LT: 20,
  LU: 20, LV: 21, MC: 27, MT: 31, NL: 18, NO: 15, PL: 28, PT: 25, RO: 24, SA: 24, SE: 24, SI: 19, SK: 24, SM: 27, TR: 26,
}

/** Characters of an IBAN of a country, blanks not counted; `undefined` for countries that are not known to have them. */
export function ibanLength(country: string): number | undefined {
  return IBAN_LENGTHS[country.toUpperCase()]
}

/** Length by country, then the check digits (ISO 7064, mod 97-10). Blanks may stand in it. */
export function isIban(text: string): boolean {
  const compact = text.replaceAll(/\s/g, '').toUpperCase()
  if (compact.length !== ibanLength(compact.slice(0, 2)) || !/^[A-Z]{2}\d\d[A-Z0-9]+$/.test(compact)) return false
  let rest = 0
  for (const character of compact.slice(4) + compact.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}

/** Prefixes and lengths of the issuers: Visa, Mastercard, American Express, Discover, Diners Club, JCB, UnionPay, Maestro. */
const CARDS = /^(?:4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|(?:6011|65\d\d|64[4-9]\d)\d{12}|3(?:0[0-5]|[689]\d)\d{11}|35\d{14}|62\d{14,17}|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{8,15})$/

/** A number as an issuer gives them, with a right check digit (Luhn). Blanks and hyphens may stand in it. */
export function isCard(text: string): boolean {
  const digits = text.replaceAll(/[\s-]/g, '')
  if (!CARDS.test(digits)) return false
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i])
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2
  }
  return sum % 10 === 0
}
