/** Names and ISO 3166 codes that columns of countries hold, in lower case. */
export const COUNTRIES: ReadonlySet<string> = new Set(`
austria belgium bulgaria croatia cyprus czechia denmark estonia finland france germany greece hungary iceland ireland italy latvia lithuania luxembourg malta
netherlands norway poland portugal romania slovakia slovenia spain sweden switzerland ukraine turkey russia canada mexico brazil argentina chile colombia peru
china japan india indonesia vietnam thailand malaysia singapore australia egypt nigeria kenya morocco israel
at be bg hr cy cz dk ee fi fr de gr hu is ie it lv lt lu mt nl no pl pt ro sk si es se ch ua tr ru ca mx br ar cl co pe cn jp in id vn th my sg au eg ng ke ma il
gb uk us nz za kr sa ae aut bel cze dnk fin fra deu grc ita nld nor pol prt esp swe che gbr usa can jpn chn ind aus bra`.trim().split(/\s+/).concat([
  'united kingdom', 'united states', 'united states of america', 'new zealand', 'south africa', 'south korea', 'saudi arabia', 'united arab emirates', 'great britain',
]))
