import { boundedDelay, cutText, LONGEST_ERROR, type Random } from '../../core/index.js';
import type { ClaimedRow, FailedAttempt, Lease, Settlement } from '../../inbox/index.js';
import { errorText, hasCode } from './error-text.js';
import type { HandlerReport } from './handler.failure.js';
import { mayRun, retryDelay } from './retry.policy.js';

/** So long after an event was received, a handler may put it off without using an attempt. */
const POSTPONED_FREELY_MS = 30 * 86_400_000;

type Failure = HandlerReport & {
  readonly result: { readonly kind: 'failed'; readonly error: unknown; readonly duration: number };
};

type Misfit = HandlerReport & {
  readonly result: { readonly kind: 'invalid'; readonly problems: readonly string[] };
};

type Skip = HandlerReport & {
  readonly result: { readonly kind: 'skipped'; readonly because: string };
};

export function problemsText(problems: readonly string[]): string {
  return cutText(problems.join('; '), LONGEST_ERROR);
}

/** What is the same whatever becomes of the row. */
export type SettlementBase = Lease & {
  readonly completedHandlers: readonly string[];
  readonly attempt: number;
  readonly failures: readonly FailedAttempt[];
};

export function settlementBase(
  row: ClaimedRow,
  done: readonly string[] = [],
  failures: readonly FailedAttempt[] = [],
): SettlementBase {
  const { completedHandlers: before } = row;
  const completedHandlers = before.length === 0 ? done : [...new Set([...before, ...done])];
  return { id: row.id, token: row.token, completedHandlers, attempt: row.attempt, failures };
}

/**
 * What becomes of the event after all its handlers have had their turn in this attempt.
 * @param now the time of day, in epoch milliseconds
 */
export function eventOutcome(
  row: ClaimedRow,
  reports: readonly HandlerReport[],
  random: Random,
  now: number,
): Settlement {
  if (reports.every(({ result }) => result.kind === 'done')) {
    return {
      ...settlementBase(
        row,
        reports.map(({ handler }) => handler),
      ),
      to: 'done',
    };
  }
  const failed = reports.filter((report): report is Failure => report.result.kind === 'failed');
  const later = now - row.receivedAt < POSTPONED_FREELY_MS ? failed.filter(asksForLater) : [];
  const failures = failed.filter((failure) => !later.includes(failure));
  const usedUp = reports.filter((report) => report.result.kind === 'used-up');
  const skips = reports.filter((report): report is Skip => report.result.kind === 'skipped');
  const misfits = reports.filter((report): report is Misfit => report.result.kind === 'invalid');
  const done = reports.filter((report) => report.result.kind === 'done');
  const told = [...skips.map(toldSkip), ...failures.map(toldFailure), ...misfits.map(toldMisfit)];
  if (skips.length > 0 && skips.length === reports.length && row.completedHandlers.length === 0) {
    // Nothing has been handled, so no handler has completed: a replay looks again.
    return { ...settlementBase(row, [], told), to: 'ignored', reason: 'stale' };
  }
  const base = settlementBase(
    row,
    [...done, ...skips].map((report) => report.handler),
    told,
  );
  const end = endAtOnce(failures, misfits);
  if (end) return { ...base, to: 'dead', ...end };
  if (failed.length === 0 && usedUp.length === 0) return { ...base, to: 'done' };
  const again = [...failures.filter(({ policy }) => mayRun(policy, row.attempt + 1)), ...later];
  const [first] = again;
  if (!first)
    return { ...base, to: 'dead', reason: 'attempts-used-up', ...lastWords(failures, usedUp) };

  const inMs = Math.min(...again.map((failure) => waitOf(failure, row.attempt, random)));
  const error = textOf(first);
  // Were it not counted, a handler that has failed for the last time would be run once more.
  return { ...base, to: failures.length === 0 ? 'postponed' : 'retry', inMs, error };
}

/** For what no further attempt can change. */
function endAtOnce(failures: readonly Failure[], [misfit]: readonly Misfit[]) {
  const rejection = failures.find((failure) => isRejection(failure));
  if (rejection) {
    return { reason: 'rejected', error: textOf(rejection), handler: rejection.handler } as const;
  }
  if (!misfit) return undefined;
  const { handler, error } = toldMisfit(misfit);
  return { reason: 'invalid-payload', error: `${handler}: ${error}`, handler } as const;
}

function toldFailure({ handler, result }: Failure): FailedAttempt {
  return { handler, error: errorText(result.error), duration: result.duration };
}

function toldSkip({ handler, result }: Skip): FailedAttempt {
  return { handler, error: `Skipped: ${result.because}.`, duration: 0 };
}

function toldMisfit({ handler, result }: Misfit): FailedAttempt {
  return { handler, error: problemsText(result.problems), duration: 0 };
}

function isRejection(failure: Failure): boolean {
  return hasCode(failure.result.error, 'ARMOX_ARMALO_REJECT_EVENT');
}

const asksForLater = ({ result }: Failure): boolean =>
  hasCode(result.error, 'ARMOX_ARMALO_RETRY_LATER');

function waitOf(failure: Failure, attempt: number, random: Random): number {
  const asked = asksForLater(failure)
    ? boundedDelay((failure.result.error as { readonly delayMs: unknown }).delayMs)
    : undefined;
  return asked ?? retryDelay(failure.policy, attempt, random);
}

function textOf(failure: Failure): string {
  return `${failure.handler}: ${errorText(failure.result.error)}`;
}

function lastWords(failures: readonly Failure[], usedUp: readonly HandlerReport[]) {
  const [failure] = failures;
  if (failure) return { error: textOf(failure), handler: failure.handler };
  const names = usedUp.map((report) => report.handler);
  const error = `${names.join(', ')}: the attempts of its retry policy are used up.`;
  return { error, ...(names[0] === undefined ? {} : { handler: names[0] }) };
}
