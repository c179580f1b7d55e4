import { describe, expect, it } from 'vitest'
import { splitUrl } from './request.js'

describe('splitUrl', () => {
  it('takes what URL takes', () => {
    for (const url of ['http://a.example/x/y?z=1#f', 'http://a.example', 'http://a.example?q=1', 'http://a.example/x?next=http://b.example/y', 'http://a.example?next=http://b.example/y', 'http://a.example/x#a?b', 'http://a.example/x/../y', 'http://a.example/?']) {
      const { origin, pathname, search } = new URL(url)
      expect(splitUrl(url), url).toEqual({ origin, path: pathname, query: search.slice(1) })
    }
  })

  it('takes a request target as it stands: an address in its query is no origin', () => {
    expect(splitUrl('/api/v1/pull?url=https://files.example/a/b.pdf')).toEqual({ origin: '', path: '/api/v1/pull', query: 'url=https://files.example/a/b.pdf' })
    expect(splitUrl('//x/y')).toEqual({ origin: '', path: '//x/y', query: '' })
    expect(splitUrl('//[/./y')).toEqual({ origin: '', path: '//[/y', query: '' })
    expect(splitUrl('/')).toEqual({ origin: '', path: '/', query: '' })
  })
})
