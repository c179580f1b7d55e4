/** The words of a line as a POSIX shell would have them: quotes, backslashes, line continuations. */
export function shellWords(line: string): string[] {
  const words: string[] = []
  let word: string | undefined
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!
    if (char === '\\' && line[at + 1] === '\n') at++
    else if (char === '\\') word = (word ?? '') + (line[++at] ?? '')
    else if (char === "'" || char === '"') {
      const end = line.indexOf(char, at + 1)
      if (end === -1) throw new Error(`open quote in: ${line}`)
      word = (word ?? '') + line.slice(at + 1, end)
      at = end
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + char
  }
  return word === undefined ? words : [...words, word]
}
