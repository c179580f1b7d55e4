import { expect, it } from 'vitest'
import { elements, withoutElements, withoutSections } from './markup.js'

it('finds elements whatever their case and attributes', () => {
  expect(elements('<TR a="1"><td>x</td></tr><trx>no</trx><tr/><tr>y</tr >', 'tr')).toEqual(['<td>x</td>', 'y'])
  expect(elements('<a>open', 'a')).toEqual([])
})

it('cuts out what is closed and leaves what is not', () => {
  expect(withoutSections('a<!--b-->c<!--d', '<!--', '-->')).toBe('a c<!--d')
  expect(withoutSections('x<![CDATA[1]]>y', '<![CDATA[', ']]>', (content) => `(${content})`)).toBe('x(1)y')
  expect(withoutElements('a<script>b</script>c<STYLE x>d</style >e<script>f', ['script', 'style'])).toBe('a c e<script>f')
})

it('takes no longer for tags that are never closed', () => {
  for (const piece of ['<a>', '<a ', '<script>', '<!--']) {
    const text = piece.repeat(200_000)
    elements(text, 'a')
    withoutElements(text, ['script'])
    withoutSections(text, '<!--', '-->')
  }
}, 2_000)
