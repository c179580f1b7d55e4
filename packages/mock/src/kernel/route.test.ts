import { describe, expect, it } from 'vitest'
import { Router } from './route.js'

const route = (method: string, path: string) => ({ method, path })
const router = new Router([
  route('GET', '/items/{id}'), route('GET', '/items/mine'), route('POST', '/items'), route('GET', '/items'), route('DELETE', '/items/{id}'),
  route('GET', '/items/{id}/parts/{part}'), route('GET', '/files/report-{id}'), route('GET', '/files/{name}.{format}'), route('POST', '/jobs/{id}:cancel'), route('GET', '/items/mine/deep'),
])

describe('Router', () => {
  it('lets a literal beat a template whatever their order', () => {
    expect(router.match('GET', '/items/mine')).toMatchObject({ kind: 'found', route: { path: '/items/mine' } })
    expect(router.match('GET', '/items/yours')).toMatchObject({ route: { path: '/items/{id}' }, path: { id: 'yours' } })
  })

  it('goes back to the template where the literal leads nowhere', () => {
    expect(router.match('GET', '/items/mine/parts/1')).toMatchObject({ route: { path: '/items/{id}/parts/{part}' }, path: { id: 'mine', part: '1' } })
    expect(router.match('DELETE', '/items/mine')).toMatchObject({ route: { path: '/items/{id}' } })
  })

  it('anchors partial segments at both ends', () => {
    expect(router.match('GET', '/files/report-5')).toMatchObject({ path: { id: '5' } })
    expect(router.match('GET', '/files/xreport-5').kind).toBe('missing')
    expect(router.match('GET', '/files/a.b.csv')).toMatchObject({ path: { name: 'a', format: 'b.csv' } })
    expect(router.match('POST', '/jobs/7:cancel')).toMatchObject({ path: { id: '7' } })
    expect(router.match('POST', '/jobs/7:cancelled').kind).toBe('missing')
    expect(router.match('GET', '/files/report-').kind).toBe('missing')
  })

  it('decodes once, after splitting', () => {
    expect(router.match('GET', '/items/a%2Fb')).toMatchObject({ path: { id: 'a/b' } })
    expect(router.match('GET', '/items/a%252Fb')).toMatchObject({ path: { id: 'a%2Fb' } })
    expect(router.match('GET', '/items/%E0%A4%A').kind).toBe('malformed')
  })

  it('keeps empty segments apart', () => {
    expect(router.match('GET', '/items/').kind).toBe('missing')
    expect(router.match('GET', '//items').kind).toBe('missing')
    expect(router.match('GET', '/Items').kind).toBe('missing')
  })

  it('serves HEAD through GET, and names the methods there are', () => {
    expect(router.match('HEAD', '/items')).toMatchObject({ kind: 'found', route: { method: 'GET' } })
    expect(router.match('PATCH', '/items')).toEqual({ kind: 'method', allow: ['GET', 'HEAD', 'OPTIONS', 'POST'] })
    expect(router.match('PATCH', '/nothing')).toEqual({ kind: 'missing' })
  })

  it('stays linear on a long segment', () => {
    const many = new Router([route('GET', '/{a}-{b}-{c}-{d}-{e}-x')])
    const start = performance.now()
    expect(many.match('GET', `/${'-'.repeat(50_000)}`).kind).toBe('missing')
    expect(performance.now() - start).toBeLessThan(200)
  })

  it('refuses two operations on one path', () => {
    expect(() => new Router([route('GET', '/a'), route('GET', '/a')])).toThrow('Two operations')
  })
})
