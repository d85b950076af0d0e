/** A number from 0 (included) to 1 (not included), as `Math.random`; tests hand in their own. */
export type Random = () => number;

export const systemRandom: Random = () => Math.random();
