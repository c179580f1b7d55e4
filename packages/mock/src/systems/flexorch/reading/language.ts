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
  const words = text.slice(0, 20_000).toLowerCase().match(/\p{L}+/gu) ?? []
  let best: string | null = null
  let most = 1
  for (const { language, words: known } of SETS) {
    let count = 0
    for (const word of words) if (known.has(word)) count++
    if (count > most) {
      most = count
      best = language
    }
  }
  return best
}

/** Words that tell what a document is. What its name says counts more than one word in it. */
const KINDS: readonly [string, RegExp][] = [
  ['invoice', /invoice|rechnung|facture|factura|fattura|faktura|factuur|fatura/g],
  ['expense_report', /expense|spesen|reisekosten|note de frais|masraf/g],
  ['purchase_order', /purchase[ _-]order|bestellung|bon de commande|orden de compra|sipariş/g],
  ['sales_proposal', /proposal|quotation|\boffer\b|angebot|devis|teklif/g],
  ['bank_statement', /statement|kontoauszug|relevé|extracto|ekstre|\bbalance\b/g],
  ['payroll', /payroll|payslip|salary|gehalt|lohn|bordro|maaş/g],
  ['budget', /budget|forecast|bütçe/g],
  ['delivery_note', /delivery[ _-]note|lieferschein|bon de livraison|irsaliye/g],
  ['tax_declaration', /tax (?:declaration|return)|steuererklärung|beyanname/g],
  ['contract', /contract|agreement|vertrag|contrat|sözleşme/g],
]

export function detectKind(name: string, text: string): string {
  const title = name.toLowerCase().replaceAll(/[_-]/g, ' ')
  const body = text.slice(0, 50_000).toLowerCase()
  let best = 'general'
  let most = 0
  for (const [kind, words] of KINDS) {
    const score = (title.match(words)?.length ?? 0) * 5 + Math.min(10, body.match(words)?.length ?? 0)
    if (score > most) {
      most = score
      best = kind
    }
  }
  return best
}
