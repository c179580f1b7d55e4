import { http, type RequestHandler } from 'msw'
import { createFetch, type Respond } from './fetch.js'

/** One catch-all handler for everything under `origin`: three hundred handlers would cost fifteen times as much a call. */
export function mswHandlers(respond: Respond, origin: string): RequestHandler[] {
  const answer = createFetch(respond)
  return [http.all(`${origin.replace(/\/$/, '')}/*`, ({ request }) => answer(request))]
}
