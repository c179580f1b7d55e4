/** A moment, by both clocks: one stands still while the machine sleeps, the other may be set. */
export interface Moment {
  readonly steady: number
  readonly wall: number
}

export const moment = (): Moment => ({ steady: performance.now(), wall: Date.now() })

/** Milliseconds since a moment, by the clock that says more: believing oneself late by mistake costs a wait, the contrary a document that is sent twice. */
export const since = ({ steady, wall }: Moment): number => Math.max(performance.now() - steady, Date.now() - wall)
