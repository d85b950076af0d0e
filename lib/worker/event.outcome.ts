import type { Random } from '../core/index.js';
import type { ClaimedRow, FailedAttempt, Lease, Settlement } from '../inbox/index.js';
import { errorText, hasCode } from './error-text.js';
import type { HandlerReport } from './handler.failure.js';
import { mayRun, retryDelay } from './retry.policy.js';

type Failure = HandlerReport & {
  readonly result: { readonly kind: 'failed'; readonly error: unknown; readonly duration: number };
};

type Skip = HandlerReport & {
  readonly result: { readonly kind: 'skipped'; readonly because: string };
};

/** What is the same whatever becomes of the row. */
export type SettlementBase = Lease & {
  readonly handled: readonly string[];
  readonly attempt: number;
  readonly failures: readonly FailedAttempt[];
};

export function settlementBase(
  row: ClaimedRow,
  done: readonly string[] = [],
  failures: readonly FailedAttempt[] = [],
): SettlementBase {
  const handled = [...new Set([...row.handled, ...done])];
  return { id: row.id, token: row.token, handled, attempt: row.attempt, failures };
}

/** What becomes of the event after all its handlers have had their turn in this attempt. */
export function eventOutcome(
  row: ClaimedRow,
  reports: readonly HandlerReport[],
  random: Random,
): Settlement {
  const failures = reports.filter((report): report is Failure => report.result.kind === 'failed');
  const usedUp = reports.filter((report) => report.result.kind === 'used-up');
  const skips = reports.filter((report): report is Skip => report.result.kind === 'skipped');
  const done = reports.filter((report) => report.result.kind === 'done');
  const told = [...skips.map(toldSkip), ...failures.map(toldFailure)];
  if (skips.length > 0 && skips.length === reports.length && row.handled.length === 0) {
    // Nothing has been handled, so no mark: a replay looks again.
    return { ...settlementBase(row, [], told), to: 'ignored', reason: 'stale' };
  }
  const base = settlementBase(
    row,
    [...done, ...skips].map((report) => report.handler),
    told,
  );
  if (failures.length === 0 && usedUp.length === 0) return { ...base, to: 'done' };

  const rejection = failures.find((failure) => isRejection(failure));
  if (rejection) return { ...base, to: 'dead', reason: 'rejected', error: textOf(rejection) };

  const next = failures.filter(({ policy }) => mayRun(policy, row.attempt + 1));
  const [first] = next;
  if (!first) {
    const error = failures[0] ? textOf(failures[0]) : usedUpText(usedUp);
    return { ...base, to: 'dead', reason: 'attempts-used-up', error };
  }
  const inMs = Math.min(...next.map((failure) => waitOf(failure, row.attempt, random)));
  return { ...base, to: 'retry', inMs, error: textOf(first) };
}

function toldFailure({ handler, result }: Failure): FailedAttempt {
  return { handler, error: errorText(result.error), duration: result.duration };
}

function toldSkip({ handler, result }: Skip): FailedAttempt {
  return { handler, error: `Skipped: ${result.because}.`, duration: 0 };
}

function isRejection(failure: Failure): boolean {
  return hasCode(failure.result.error, 'ARMOX_ARMALO_REJECT_EVENT');
}

function waitOf({ result, policy }: Failure, attempt: number, random: Random): number {
  if (hasCode(result.error, 'ARMOX_ARMALO_RETRY_LATER')) {
    const { delayMs } = result.error as { readonly delayMs: unknown };
    if (typeof delayMs === 'number' && Number.isFinite(delayMs)) return Math.max(0, delayMs);
  }
  return retryDelay(policy, attempt, random);
}

function textOf(failure: Failure): string {
  return `${failure.handler}: ${errorText(failure.result.error)}`;
}

function usedUpText(usedUp: readonly HandlerReport[]): string {
  const names = usedUp.map((report) => report.handler).join(', ');
  return `${names}: the attempts of its retry policy are used up.`;
}
