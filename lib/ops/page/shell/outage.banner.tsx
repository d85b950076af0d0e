import { liveProblem, overview } from '../client/live.overview.js';
import { instant } from '../text/durations.js';

/** Says over everything that what one sees is old, or this process's own memory. */
export function OutageBanner() {
  const problem = liveProblem.value;
  const latest = overview.value;
  if (problem) {
    return (
      <div class="outage" role="alert">
        <strong>{problem.message}</strong> {problem.advice}
        {latest && ` What you see is what was known at ${instant(latest.now)}.`} Trying again every
        5 seconds.
      </div>
    );
  }
  if (latest?.database !== 'away') return null;
  return (
    <div class="outage" role="alert">
      <strong>The database is away.</strong> Deliveries are answered 503, and their senders keep
      them. The overview is this process’s own memory of the last hour; it goes on trying.
    </div>
  );
}
