import { strToU8, zipSync } from 'fflate'
import { expect, it } from 'vitest'
import { xlsxRows } from './workbook.js'

const STYLES = `<styleSheet><numFmts count="3"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="0.00&quot; days&quot;"/><numFmt numFmtId="166" formatCode="[Red]0.0"/></numFmts>
<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14" fontId="0"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="22"><alignment/></xf><xf numFmtId="20"/><xf numFmtId="166"/></cellXfs></styleSheet>`

function book(rows: string, workbook = '<workbook><sheets><sheet name="A &amp; B" sheetId="1"/></sheets></workbook>'): Uint8Array {
  return zipSync({ 'xl/workbook.xml': strToU8(workbook), 'xl/styles.xml': strToU8(STYLES), 'xl/sharedStrings.xml': strToU8('<sst><si><t>na</t><r><t>me</t></r></si></sst>'), 'xl/worksheets/sheet1.xml': strToU8(`<worksheet><sheetData>${rows}</sheetData></worksheet>`) })
}

it('writes days as dates, by the format of their cell', () => {
  const cells = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="1"><v>45659</v></c><c r="C1" s="2"><v>1</v></c><c r="D1" s="3"><v>45659</v></c><c r="E1" s="4"><v>45659.5</v></c><c r="F1" s="5"><v>0.75</v></c><c r="G1" s="6"><v>7</v></c></row>'
  expect(xlsxRows(book(cells))).toEqual([{ name: 'A & B', rows: [['name', '2025-01-02', '1899-12-31', '45659', '2025-01-02 12:00:00', '18:00:00', '7']] }])
})

it('knows the other calendar, truth values, inline texts and gaps', () => {
  const cells = '<row r="1"><c r="A1" s="1"><v>0</v></c><c r="B1" t="b"><v>1</v></c><c r="D1" t="inlineStr"><is><t>in &lt;line&gt;</t></is></c><c r="E1" s="1"/></row>'
  expect(xlsxRows(book(cells, '<workbook><workbookPr date1904="1"/></workbook>'))[0]!.rows).toEqual([['00:00:00', 'TRUE', '', 'in <line>', '']])
  expect(xlsxRows(book('<row r="1"><c s="1"><v>40729</v></c><c s="1"><v>nothing</v></c><c s="1" t="str"><v>45659</v></c></row>', '<workbook><workbookPr date1904="true"/></workbook>'))[0]!.rows).toEqual([['2015-07-06', 'nothing', '45659']])
})
