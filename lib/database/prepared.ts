import type { Unit } from './database.js';

/**
 * The unit with all of its statements prepared, where the database has such statements. For those that recur,
 * with one text or a few: a text that grows with its rows would be kept once for each number of them.
 */
export function* prepared<Result>(unit: Unit<Result>): Unit<Result> {
  let step = unit.next([]);
  while (!step.done) step = unit.next(yield step.value.prepared());
  return step.value;
}
