import type { DeadReason } from '../core/index.js';
import type { FailedAttempt, LaterEvents, Lease } from './claimed.row.js';
import type { EndReason } from './stored.event.js';

/** What becomes of a claimed row. Refused (and so without effect) when the lease has gone to somebody else. */
export type Settlement = Lease & {
  readonly completedHandlers: readonly string[];
  readonly attempt: number;
  readonly failures: readonly FailedAttempt[];
} & (
    | {
        readonly to: 'done';
        /** In the transaction of its last handler: nothing is left to be written. */
        readonly written?: true;
      }
    | { readonly to: 'ignored'; readonly reason: EndReason }
    | {
        readonly to: 'dead';
        readonly reason: DeadReason;
        readonly error: string;
        /** The one that decided it. */
        readonly handler?: string;
      }
    | ({ readonly to: 'retry'; readonly error: string } & Wait)
    /** Open again, and this attempt does not count. */
    | ({ readonly to: 'postponed'; readonly error?: string } & Wait)
  );

/** When an event that goes on is due again. */
export interface Wait {
  readonly inMs: number;
  /**
   * What makes the event stale: where one of these is stored it is due at once instead, as that one may
   * wait behind it. Absent = nothing does.
   */
  readonly supersededBy?: LaterEvents;
}
