/** Every `format` that the documents may use. The generator fails on any other; `true` is only a hint and always passes. */

type NumberFormat = { readonly type: 'number'; readonly validate: (value: number) => boolean }
export type Format = ((value: string) => boolean) | NumberFormat | true

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const TIME = /^(\d{2}):(\d{2}):(\d{2})(\.\d+)?(z|([+-])(\d{2}):(\d{2}))$/i
const DURATION = /^P(?!$)(?:\d+W|(?:\d+Y)?(?:\d+M)?(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$/
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/i
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/
const URI_CHARACTERS = /^(?:[a-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9a-f]{2})*$/i
const SCHEME = /^[a-z][a-z0-9+.-]*:/i
const BASE64 = /^(?:[a-z0-9+/]{4})*(?:[a-z0-9+/]{2}==|[a-z0-9+/]{3}=)?$/i
const JSON_POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function isDate(value: string): boolean {
  const match = DATE.exec(value)
  if (match === null) return false
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month >= 1 && month <= 12 && day >= 1 && day <= (leap ? 29 : DAYS[month - 1]!)
}

function isTime(value: string): boolean {
  const match = TIME.exec(value)
  if (match === null) return false
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const [offsetHour, offsetMinute] = [Number(match[7] ?? 0), Number(match[8] ?? 0)]
  if (hour > 23 || minute > 59 || offsetHour > 23 || offsetMinute > 59) return false
  if (second < 60) return true
  // A leap second is the last one of a day in UTC.
  const offset = (match[6] === '-' ? 1 : -1) * (offsetHour * 60 + offsetMinute)
  return second === 60 && (((hour * 60 + minute + offset) % 1440) + 1440) % 1440 === 1439
}

function isDateTime(value: string): boolean {
  const [date, time, ...more] = value.split(/[t ]/i)
  return more.length === 0 && date !== undefined && time !== undefined && isDate(date) && isTime(time)
}

function isHostname(value: string): boolean {
  const name = value.endsWith('.') ? value.slice(0, -1) : value
  return name.length > 0 && name.length <= 253 && name.split('.').every((label) => LABEL.test(label))
}

function isEmail(value: string): boolean {
  const at = value.lastIndexOf('@')
  return at > 0 && at <= 64 && LOCAL_PART.test(value.slice(0, at)) && isHostname(value.slice(at + 1))
}

function isIpv6(value: string): boolean {
  if (!/^[0-9a-f:.]+$/i.test(value) || !value.includes(':')) return false
  const halves = value.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1)
  const embedded = last !== undefined && last.includes('.')
  if (embedded && !IPV4.test(last)) return false
  const plain = embedded ? groups.slice(0, -1) : groups
  const count = plain.length + (embedded ? 2 : 0)
  return plain.every((group) => /^[0-9a-f]{1,4}$/i.test(group)) && (halves.length === 2 ? count < 8 : count === 8)
}

function isUri(value: string): boolean {
  return SCHEME.test(value) && URI_CHARACTERS.test(value) && URL.canParse(value)
}

function isUriReference(value: string): boolean {
  return URI_CHARACTERS.test(value) && (SCHEME.test(value) ? URL.canParse(value) : URL.canParse(value, 'http://localhost/'))
}

function isRegex(value: string): boolean {
  try {
    return new RegExp(value, 'u') instanceof RegExp
  } catch {
    return false
  }
}

const any = (): boolean => true

export const formats: Readonly<Record<string, Format>> = {
  'date-time': isDateTime,
  date: isDate,
  time: isTime,
  duration: (value) => DURATION.test(value),
  uuid: (value) => UUID.test(value),
  email: isEmail,
  hostname: isHostname,
  ipv4: (value) => IPV4.test(value),
  ipv6: isIpv6,
  uri: isUri,
  'uri-reference': isUriReference,
  regex: isRegex,
  'json-pointer': (value) => JSON_POINTER.test(value),
  byte: (value) => BASE64.test(value),
  int32: { type: 'number', validate: (value) => Number.isInteger(value) && value >= -2147483648 && value <= 2147483647 },
  int64: { type: 'number', validate: (value) => Number.isInteger(value) },
  float: { type: 'number', validate: any },
  double: { type: 'number', validate: any },
  binary: true,
  password: true
}
