import { liveProblem, liveState, pauseLive, resumeLive } from '../client/live.overview.js';

const NAMES = {
  connecting: 'Connecting…',
  live: 'Live',
  polling: 'Every 5 s',
  paused: 'Paused',
} as const;

/** How the page is kept up to date, and whether. */
export function LiveControl() {
  const state = liveState.value;
  const isPaused = state === 'paused';
  return (
    <div class="live">
      <span class={liveProblem.value && !isPaused ? 'away' : state}>
        {liveProblem.value && !isPaused ? 'No answer' : NAMES[state]}
      </span>
      <button type="button" onClick={isPaused ? resumeLive : pauseLive}>
        {isPaused ? 'Resume' : 'Pause'}
        <span class="unseen"> live updates</span>
      </button>
    </div>
  );
}
