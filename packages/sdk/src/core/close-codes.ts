/** What the codes say with which a WebSocket is closed, those of the vendors (4000 and a status) too. */

/** Not worth another try: refused, forbidden, not there. */
export const FINAL_CODES = /* @__PURE__ */ new Set([1002, 1003, 1007, 1008, 1010, 3000, 3003, 4000, 4001, 4003, 4004, 4401, 4403, 4404])
/** Closed for want of a credential that holds. */
export const UNAUTHENTICATED = /* @__PURE__ */ new Set([3000, 4001, 4401])

export function explain(code: number): string {
  switch (code) {
    case 1000: return 'normal end'
    case 1001: return 'the server is going away'
    case 1006: return 'the connection was lost or could not be made'
    case 1002: case 1003: case 1007: return 'one side broke the protocol'
    case 1005: return 'no code was given'
    case 1008: return 'refused by policy'
    case 1009: return 'a message was too large'
    case 1010: return 'the server lacks an extension'
    case 1011: return 'server error'
    case 1012: return 'the server restarts'
    case 1013: return 'try again later'
    case 1014: return 'a gateway in between got no answer'
    case 1015: return 'the TLS handshake failed'
    case 4408: return 'open for longer than the server allows'
    case 4429: return 'too many sockets'
    case 4001: case 4401: case 3000: return 'not signed in'
    case 4003: case 4403: case 3003: return 'not allowed'
    case 4004: case 4404: return 'no such thing'
    default: return 'no reason given'
  }
}
