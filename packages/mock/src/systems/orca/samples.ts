import { type FileProfile, profileTable } from './classify.js'
import { readCsv } from './table.js'

/** What the seeded files and tables hold: the seed knows their names and sizes only. */
const SAMPLES: Readonly<Record<string, string>> = {
  customers: `id,email,name,phone,country,lifetime_value,signed_up
1,ada@example.com,Ada Lovelace,+44 20 7946 0101,United Kingdom,1290.50,2025-01-14
2,alan@example.com,Alan Turing,+44 20 7946 0102,United Kingdom,830.00,2025-02-02
3,grace@example.com,Grace Hopper,+1 212 555 0103,United States,2410.75,2025-02-20
4,linus@example.com,Linus Berg,+46 8 123 456 04,Sweden,99.90,2025-03-03
5,,Margaret Hill,+1 212 555 0105,United States,415.00,2025-03-08
`,
  orders: `order_id,customer_email,amount,iban,ordered_at
5001,ada@example.com,129.90,GB82WEST12345698765432,2026-02-01T10:00:00Z
5002,alan@example.com,15.00,DE89370400440532013000,2026-02-02T11:30:00Z
5003,grace@example.com,88.20,NL91ABNA0417164300,2026-02-05T09:15:00Z
5004,linus@example.com,42.00,SE4550000000058398257466,2026-02-07T16:45:00Z
`,
  inventory: `sku,description,quantity,weight_kg,warehouse
A-100,Folding chair of beech wood with a linen seat,40,3.2,north
A-101,Round table for four people with a steel foot,12,18.5,north
B-200,Desk lamp with a dimmer and a swivelling arm,75,1.1,south
B-201,Floor lamp with three arms and a marble base,9,6.4,south
`,
  plans: `plan,owner,state
alpha,operations,open
beta,operations,open
gamma,research,closed
delta,research,open
`,
}

const made = new Map<string, FileProfile>()

/** The profile of a seeded file or table, by a word in its name. */
export function sampleProfile(name: string): FileProfile {
  const key = Object.keys(SAMPLES).find((word) => name.toLowerCase().includes(word)) ?? 'orders'
  let profile = made.get(key)
  if (!profile) made.set(key, (profile = profileTable(readCsv(name, SAMPLES[key]!))))
  return profile
}
