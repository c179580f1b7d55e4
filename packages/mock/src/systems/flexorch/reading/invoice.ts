import type { Members } from '../../../kernel/types.js'
import { valueOf } from './tables.js'
import { all, type Element, parseXml, textAt } from './xml.js'

interface Syntax {
  roots: readonly string[]
  fields: Readonly<Record<string, readonly string[]>>
  line: string
  lines: Readonly<Record<string, readonly string[]>>
}

/** Where the e-invoice formats keep what an invoice says. UBL is also Peppol, XRechnung and GİB; CII is also ZUGFeRD and Factur-X. */
const SYNTAXES: readonly Syntax[] = [
  {
    roots: ['Invoice', 'CreditNote'],
    fields: {
      invoice_number: ['ID'],
      issue_date: ['IssueDate'],
      due_date: ['DueDate', 'PaymentDueDate'],
      currency: ['DocumentCurrencyCode'],
      supplier: ['AccountingSupplierParty/RegistrationName', 'AccountingSupplierParty/PartyName/Name'],
      customer: ['AccountingCustomerParty/RegistrationName', 'AccountingCustomerParty/PartyName/Name'],
      iban: ['PayeeFinancialAccount/ID'],
      tax: ['TaxTotal/TaxAmount'],
      total: ['LegalMonetaryTotal/PayableAmount', 'LegalMonetaryTotal/TaxInclusiveAmount'],
    },
    line: 'InvoiceLine',
    lines: { line: ['ID'], description: ['Item/Name', 'Item/Description'], quantity: ['InvoicedQuantity'], unit_price: ['Price/PriceAmount'], amount: ['LineExtensionAmount'] },
  },
  {
    roots: ['CrossIndustryInvoice', 'CrossIndustryDocument'],
    fields: {
      invoice_number: ['ExchangedDocument/ID', 'HeaderExchangedDocument/ID'],
      issue_date: ['ExchangedDocument/IssueDateTime/DateTimeString', 'HeaderExchangedDocument/IssueDateTime/DateTimeString'],
      due_date: ['SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString'],
      currency: ['InvoiceCurrencyCode'],
      supplier: ['SellerTradeParty/Name'],
      customer: ['BuyerTradeParty/Name'],
      iban: ['PayeePartyCreditorFinancialAccount/IBANID'],
      tax: ['SpecifiedTradeSettlementHeaderMonetarySummation/TaxTotalAmount'],
      total: ['SpecifiedTradeSettlementHeaderMonetarySummation/DuePayableAmount', 'SpecifiedTradeSettlementHeaderMonetarySummation/GrandTotalAmount'],
    },
    line: 'IncludedSupplyChainTradeLineItem',
    lines: { line: ['AssociatedDocumentLineDocument/LineID'], description: ['SpecifiedTradeProduct/Name'], quantity: ['BilledQuantity'], unit_price: ['NetPriceProductTradePrice/ChargeAmount'], amount: ['LineTotalAmount'] },
  },
  {
    roots: ['FatturaElettronica'],
    fields: {
      invoice_number: ['DatiGeneraliDocumento/Numero'],
      issue_date: ['DatiGeneraliDocumento/Data'],
      due_date: ['DettaglioPagamento/DataScadenzaPagamento'],
      currency: ['DatiGeneraliDocumento/Divisa'],
      supplier: ['CedentePrestatore/Anagrafica/Denominazione'],
      customer: ['CessionarioCommittente/Anagrafica/Denominazione'],
      iban: ['DettaglioPagamento/IBAN'],
      tax: ['DatiRiepilogo/Imposta'],
      total: ['DatiGeneraliDocumento/ImportoTotaleDocumento'],
    },
    line: 'DettaglioLinee',
    lines: { line: ['NumeroLinea'], description: ['Descrizione'], quantity: ['Quantita'], unit_price: ['PrezzoUnitario'], amount: ['PrezzoTotale'] },
  },
]

/** The fields of an e-invoice and a record for each of its lines; `undefined` for XML that is none. */
export function readInvoice(source: string): { fields: Members; rows: Members[] } | undefined {
  const root = parseXml(source)
  const syntax = SYNTAXES.find((candidate) => root && candidate.roots.includes(root.name))
  if (!root || !syntax) return undefined
  const header: Element = { ...root, children: root.children.filter((child) => child.name !== syntax.line) }
  const fields = pick(header, syntax.fields)
  const lines = [...all(root, syntax.line), ...(root.name === 'CreditNote' ? all(root, 'CreditNoteLine') : [])]
  const { invoice_number, supplier, currency } = fields
  return { fields, rows: lines.length === 0 ? [fields] : lines.map((line) => ({ invoice_number, supplier, currency, ...pick(line, syntax.lines) })) }
}

function pick(element: Element, members: Readonly<Record<string, readonly string[]>>): Members {
  return Object.fromEntries(Object.entries(members).map(([name, paths]) => [name, tidy(name, textAt(element, ...paths))]))
}

/** Dates of CII are eight digits; amounts become numbers, numbers of documents stay texts. */
function tidy(name: string, text: string | null) {
  if (text === null) return null
  if (name.endsWith('_date')) return text.replace(/^(\d{4})(\d{2})(\d{2})$/, '$1-$2-$3')
  return ['quantity', 'unit_price', 'amount', 'tax', 'total'].includes(name) ? valueOf(text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')) : text
}
