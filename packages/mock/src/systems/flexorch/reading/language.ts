const STOP_WORDS: Readonly<Record<string, string>> = {
  en: 'the of and to in is for that with on are this from by be as at or it you your we was not have',
  de: 'der die das und ist von mit den dem für auf nicht ein eine zu im des sich wird sind bei wir sie nach oder',
  fr: 'le la les des est et une un pour dans que qui sur par avec au aux ce vous nous pas sont du',
  es: 'el los las es y una un para en que por con del al su se como más no lo esta son',
  it: 'il di che è la gli una un per con non del della dei nel sono si da al come questo alla le',
  nl: 'de het een en van is voor met op dat niet zijn te aan in wordt bij ook door naar er uw',
  pl: 'i w na z do się nie jest że dla od o po to jak oraz przez przy są lub ma pod',
  tr: 've bir bu için ile da de olarak daha çok ne olan gibi kadar sonra veya değil ise her tarafından',
}

const SETS = Object.entries(STOP_WORDS).map(([language, words]) => ({ language, words: new Set(words.split(' ')) }))

/** The language whose small words are the most frequent, if there are any to speak of. */
export function detectLanguage(text: string): string | null {
  // Codes of countries and the like look like small words of some language.
  const found = (text.slice(0, 20_000).match(/\p{L}+/gu) ?? []).filter((word) => word.length > 3 || word !== word.toUpperCase()).map((word) => word.toLowerCase())
  let best: string | null = null
  let most = 1
  for (const { language, words: known } of SETS) {
    let count = 0
    for (const word of found) if (known.has(word)) count++
    if (count > most) {
      most = count
      best = language
    }
  }
  return best
}

/** Words that tell what a document is, and those that do so in its name only: in a text they mean other things too. */
const KINDS: readonly [kind: string, words: RegExp, inName?: RegExp][] = [
  ['invoice', words('invoice|rechnung|facture|factura|fattura|faktura|factuur|fatura')],
  ['expense_report', words('expense report|expense claim|spesen|reisekosten|note de frais|masraf'), words('expenses?')],
  ['purchase_order', words('purchase order|bestellung|bon de commande|orden de compra|sipariş'), words('order')],
  ['sales_proposal', words('sales proposal|quotation|angebot|devis|teklif'), words('proposal|quote|offer')],
  ['bank_statement', words('bank statement|account statement|statement of account|kontoauszug|relevé de compte|extracto bancario|ekstre|opening balance|closing balance'), words('statement|balance')],
  ['payroll', words('payroll|payslip|salary|gehaltsabrechnung|gehalt|lohnabrechnung|bordro|maaş')],
  ['budget', words('budget|forecast|bütçe')],
  ['delivery_note', words('delivery note|lieferschein|bon de livraison|irsaliye')],
  ['tax_declaration', words('tax declaration|tax return|steuererklärung|beyanname')],
  ['contract', words('contract|agreement|vertrag|contrat|sözleşme')],
]

/** At the beginning of a word: languages that join words put them first. */
function words(text: string): RegExp {
  return new RegExp(`(?<!\\p{L})(?:${text.replaceAll(' ', '[ _-]')})`, 'gu')
}

/** How many words of a text there are to one that tells its kind, at the least: fewer are talk. */
const RARE = 250
const ENOUGH = 2

/** What its name says counts most, then how it begins, then how often the rest speaks of it. */
export function detectKind(name: string, text: string): string {
  const title = name.toLowerCase().replaceAll(/[_-]/g, ' ')
  const body = text.slice(0, 50_000).toLowerCase()
  const size = body.match(/\p{L}+/gu)?.length ?? 0
  const count = (source: string, pattern: RegExp | undefined): number => (pattern && source.match(pattern)?.length) ?? 0
  let best = 'general'
  let most = ENOUGH - 1
  for (const [kind, telling, inName] of KINDS) {
    const score = 5 * (count(title, telling) + count(title, inName)) + 2 * count(body.slice(0, 300), telling) + Math.min(10, (count(body, telling) * RARE) / Math.max(size, RARE))
    if (score > most) {
      most = score
      best = kind
    }
  }
  return best
}
