const LINES_PER_PAGE = 50
const WIDTH = 90

/** A plain PDF: a title and lines in Helvetica, as many pages as it takes. */
export function pdfOf(title: string, lines: readonly string[]): Uint8Array {
  const all = [title, '', ...lines.flatMap(wrapped)]
  const pages = Array.from({ length: Math.ceil(all.length / LINES_PER_PAGE) }, (_, i) => all.slice(i * LINES_PER_PAGE, (i + 1) * LINES_PER_PAGE))
  const first = 4
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${pages.map((_, i) => `${first + i * 2} 0 R`).join(' ')}] /Count ${pages.length} >>`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>',
    ...pages.flatMap((page, i) => {
      const content = `BT /F1 11 Tf 56 786 Td 14 TL ${page.map((line) => `(${escaped(line)}) Tj T*`).join(' ')} ET`
      return [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> /Contents ${first + i * 2 + 1} 0 R >>`,
        `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
      ]
    }),
  ]
  let text = '%PDF-1.4\n'
  const offsets = objects.map((object, i) => {
    const at = text.length
    text += `${i + 1} 0 obj\n${object}\nendobj\n`
    return at
  })
  const start = text.length
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('')}`
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** What is beyond Latin-1 cannot be shown in a font that is not embedded. */
function escaped(text: string): string {
  return text.replaceAll(/[^\x20-\x7e\xa0-\xff]/g, '?').replaceAll(/[\\()]/g, String.raw`\$&`)
}

function wrapped(line: string): string[] {
  const out: string[] = []
  let current = ''
  for (const word of line.split(' ')) {
    if (current && current.length + word.length + 1 > WIDTH) {
      out.push(current)
      current = ''
    }
    current += (current ? ' ' : '') + word
  }
  return [...out, current]
}
