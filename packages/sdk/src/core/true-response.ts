/** The platform's own `Response`, for who is handed the answer: what the Node transport gives only looks like one, and becomes one when it is asked for. */
export const trueResponse = (response: Response & { toResponse?(): Response }): Response => response.toResponse?.() ?? response
