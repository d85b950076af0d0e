import type { Random } from '../core/index.js';

/** What happens to deliveries on their way; shares are 0 to 1, each drawn by itself. Default: none. */
export interface DeliveryFaults {
  /** Never sent, and never tried again. */
  readonly drop?: number;
  /** Sent twice, as two deliveries that are retried each by itself. */
  readonly double?: number;
  /** The first attempt waits up to `longest` milliseconds. */
  readonly delay?: { readonly share: number; readonly longest: number };
  /** Held back until the next delivery has gone (or a second has passed, or `settled()` is called). */
  readonly reorder?: number;
  /** One byte of the first attempt's body is changed after signing; a retry sends the true bytes. */
  readonly corrupt?: number;
}

/** The lot that one delivery drew. */
export interface Fate {
  readonly drop: boolean;
  readonly double: boolean;
  readonly delayMs: number;
  readonly reorder: boolean;
  readonly corrupt: boolean;
  /** 0 to 1: which byte is changed. */
  readonly corruptAt: number;
  /** 0 to 1: how early or late it is tried again. */
  readonly jitter: number;
}

/** Draws every lot every time, so that a seed means the same whatever the shares are. */
export function drawFate(faults: DeliveryFaults, random: Random): Fate {
  const hits = (share: number | undefined): boolean => random() < (share ?? 0);
  return {
    drop: hits(faults.drop),
    double: hits(faults.double),
    delayMs: drawDelay(hits(faults.delay?.share), random(), faults.delay?.longest ?? 0),
    reorder: hits(faults.reorder),
    corrupt: hits(faults.corrupt),
    corruptAt: random(),
    jitter: random(),
  };
}

function drawDelay(hit: boolean, lot: number, longest: number): number {
  return hit ? Math.round(lot * longest) : 0;
}

/** A copy with one byte changed; `where` is 0 (the first) to 1. */
export function corrupted(body: Buffer, where: number): Buffer {
  const copy = Buffer.from(body);
  const at = Math.floor(where * copy.length);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
