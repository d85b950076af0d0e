import { ARMOX_JOB_STATUSES, type ArmoxJobStatus } from '../armox.constants.js';

/** A status as the API may send it: one that no document names counts as not ended. */
export type AnyArmoxJobStatus = ArmoxJobStatus | (string & {});

/** How far a job is; a sampled status may skip steps, but never goes back. */
const RANK: Readonly<Record<ArmoxJobStatus, number>> = {
  pending: 0,
  processing: 1,
  completed: 2,
  failed: 2,
  cancelled: 2,
};
const UNKNOWN_RANK = 1;
const ENDED_RANK = 2;

export function isKnownJobStatus(status: string): status is ArmoxJobStatus {
  return (ARMOX_JOB_STATUSES as readonly string[]).includes(status);
}

/** `canceled` is the other spelling of `cancelled`. */
export function normalJobStatus(status: string): AnyArmoxJobStatus {
  return status === 'canceled' ? 'cancelled' : status;
}

/** Whether nothing can follow: `completed`, `failed` or `cancelled`. */
export function isTerminalJobStatus(
  status: string,
): status is 'completed' | 'failed' | 'cancelled' {
  return rankOf(status) === ENDED_RANK;
}

/**
 * Whether a job remembered as `from` (undefined = not yet known) may become `to`. The first terminal
 * status stands; no step goes back; the same status again is no move.
 */
export function mayMoveJob(from: string | undefined, to: string): boolean {
  if (from === undefined) return true;
  if (from === to || isTerminalJobStatus(from)) return false;
  // What an unknown status comes before or after is not known: let it pass either way.
  if (!isKnownJobStatus(from) || !isKnownJobStatus(to)) return true;
  return RANK[to] > RANK[from];
}

/** Whether a job is in `one` before it is in `other`. The three ends are of one rank: none is before another. */
export function isEarlierStatus(one: ArmoxJobStatus, other: ArmoxJobStatus): boolean {
  return RANK[one] < RANK[other];
}

function rankOf(status: string): number {
  return isKnownJobStatus(status) ? RANK[status] : UNKNOWN_RANK;
}
