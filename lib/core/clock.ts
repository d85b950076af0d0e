/** The one door to the time of day. Tests hand in their own, so that days pass without sleeping. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number;
}

/** A number from 0 (included) to 1 (not included), as `Math.random`. */
export type Random = () => number;

export const systemClock: Clock = { now: () => Date.now() };

export const systemRandom: Random = () => Math.random();
