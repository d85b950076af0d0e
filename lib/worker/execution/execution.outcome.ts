import type { Settlement } from '../../inbox/index.js';

/** What became of an event that was to be run. */
export type ExecutionOutcome =
  /** It is final. `ignored`: no handler is for it, or it is stale. */
  | { readonly outcome: 'done' | 'ignored' | 'dead' }
  /** To be run again, at the earliest after so many milliseconds. */
  | { readonly outcome: 'retry'; readonly inMs: number }
  /** It has ended, or somebody has it, or it is not due, or waits for an event of its ordering key. */
  | { readonly outcome: 'not-claimed' }
  /**
   * Nothing was written: the lease went to somebody else, the application stops, or the database stayed
   * away. It is open, and runs again: at once where it could be given back, else as a stalled one.
   */
  | { readonly outcome: 'unsettled' };

export function outcomeOf(settlement: Settlement): ExecutionOutcome {
  if (settlement.to !== 'retry' && settlement.to !== 'postponed') return { outcome: settlement.to };
  return { outcome: 'retry', inMs: settlement.inMs };
}
