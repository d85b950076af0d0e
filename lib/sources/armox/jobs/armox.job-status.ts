import { ARMOX_JOB_STATUSES, type ArmoxJobStatus } from '../armox.constants.js';

/** A status as the API may send it: one that no document names counts as not ended. */
export type AnyArmoxJobStatus = ArmoxJobStatus | (string & {});

/** A job that Armox no longer knows, or that did not end in time; ours, not one of Armox's. */
export const LOST = 'lost';

/** How far a job is (docs/contract.md#armox-events). A sampled status may skip stages; no job goes back. */
const STAGES: Readonly<Record<ArmoxJobStatus | typeof LOST, number>> = {
  // Any status puts it right.
  lost: 0,
  pending: 0,
  processing: 1,
  completed: 2,
  failed: 2,
  cancelled: 2,
};
/** What a status that nobody documents comes before or after is not known: between begin and end. */
const UNKNOWN_STAGE = 1;

/** The stage after which nothing follows: of the three ends none is before another. */
export const ENDED = 2;

export function stageOf(status: string): number {
  return isKnownJobStatus(status) || status === LOST ? STAGES[status] : UNKNOWN_STAGE;
}

/** Whether a job remembered with the status `before` may become `after`: the first end stands, and no job goes back. */
export function mayFollow(before: string, after: string): boolean {
  return stageOf(before) < ENDED && stageOf(after) >= stageOf(before);
}

/** Whether a job is in `one` before it is in `other`. */
export function isEarlierStatus(one: ArmoxJobStatus, other: ArmoxJobStatus): boolean {
  return stageOf(one) < stageOf(other);
}

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
  return stageOf(status) === ENDED;
}
