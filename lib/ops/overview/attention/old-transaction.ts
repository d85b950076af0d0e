import type { AttentionView } from '../../api.types.js';
import type { OverviewFacts } from '../overview.facts.js';
import { duration } from '../words.js';

const OLD = 600_000;

/** Somebody's transaction keeps the database from clearing what is past. */
export function oldTransaction({
  oldestTransaction = 0,
}: OverviewFacts): AttentionView | undefined {
  if (oldestTransaction < OLD) return undefined;
  return {
    kind: 'old-transaction',
    urgent: false,
    title: `A transaction has been open in the database for ${duration(oldestTransaction)}.`,
    advice:
      'Find it in pg_stat_activity and end it: until then dead rows are not cleared, and everything becomes slower.',
    filter: null,
  };
}
