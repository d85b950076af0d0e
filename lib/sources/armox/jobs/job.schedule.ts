import type { Random } from '../../../core/index.js';

const SECOND = 1_000;
/** 10 s growing by half up to 60 s (docs/contract.md#armox-open-points); slower where a webhook is to come first. */
const BY_POLL = { first: 10 * SECOND, longest: 60 * SECOND };
const BEHIND_WEBHOOK = { first: 30 * SECOND, longest: 120 * SECOND };
const GROWTH = 1.5;
/** A job that runs for hours is asked for every few minutes, so that its calls do not add up. */
const SHARE_OF_AGE = 1 / 20;

/** Milliseconds until a job is looked at again, ± 10 %. */
export function nextLook(
  job: { readonly webhookExpected: boolean; readonly polls: number; readonly age: number },
  random: Random,
): number {
  const { first, longest } = job.webhookExpected ? BEHIND_WEBHOOK : BY_POLL;
  const grown = Math.min(first * GROWTH ** Math.min(job.polls, 20), longest);
  return Math.max(grown, job.age * SHARE_OF_AGE) * (0.9 + random() / 5);
}

/** 4 minutes, then 8: with the third look, more than ten have passed. */
const FIRST_ABSENT = 240 * SECOND;

/** Milliseconds until a job that the service did not know is looked at again, ± 10 %. */
export function nextLookForAbsent(job: { readonly absences: number }, random: Random): number {
  return FIRST_ABSENT * 2 ** job.absences * (0.9 + random() / 5);
}
