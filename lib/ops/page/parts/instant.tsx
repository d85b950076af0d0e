import { serverNow } from '../client/server.time.js';
import { fromNow, instant } from '../text/durations.js';

/** A time from now, such as `4 min ago`, with the exact one as its title. */
export function FromNow({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={instant(at)}>
      {fromNow(at, serverNow.value)}
    </time>
  );
}

/** An exact time, and how long ago that is. */
export function Instant({ at }: { at: number }) {
  return (
    <span class="instant">
      <time dateTime={new Date(at).toISOString()}>{instant(at)}</time>{' '}
      <small>{fromNow(at, serverNow.value)}</small>
    </span>
  );
}
