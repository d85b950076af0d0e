import type { EventFeed, SourceEvent, Timers } from '../core/index.js';

/** Milliseconds for one batch; calls of the clients end long before. */
const LONGEST_STEP = 300_000;
/** Milliseconds that a feed has to end once its signal has aborted. */
const GRACE = 5_000;

/** The feed has not heeded its signal. */
export class FeedStuckError extends Error {
  constructor(
    feed: string,
    why: unknown,
    /** Settles when the feed has ended after all; never rejects. */
    readonly ended: Promise<unknown>,
  ) {
    super(
      `The feed ${feed} has not ended within ${GRACE / 1_000} s of its abort (${String(why)}). It is not waited for any longer, ` +
        'and is asked again when it has ended. Hand the signal of `poll` on to all that it waits for.',
    );
  }
}

/** The batches of one poll, none of them waited for without a bound. @throws FeedStuckError */
export async function* boundedPoll(
  feed: EventFeed,
  signal: AbortSignal,
  timers: Timers,
): AsyncGenerator<readonly SourceEvent[]> {
  const stop = new AbortController();
  const abort = (): void => stop.abort(signal.reason);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  const bounded = <T>(step: Promise<T>): Promise<T> => inTime(step, feed.name, stop, timers);
  let batches: AsyncIterator<readonly SourceEvent[]> | undefined;
  let handedOn = false;
  try {
    batches = feed.poll(stop.signal)[Symbol.asyncIterator]();
    for (;;) {
      const step = await bounded(batches.next());
      if (step.done) return;
      handedOn = true;
      yield step.value;
      handedOn = false;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    const closed = batches?.return?.().catch(() => undefined);
    // A feed that is stuck would only be stuck here too.
    if (closed && handedOn) await bounded(closed);
  }
}

function inTime<T>(
  step: Promise<T>,
  feed: string,
  stop: AbortController,
  timers: Timers,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let cancel = timers.after(LONGEST_STEP, () =>
      stop.abort(new Error(`It gave nothing for ${LONGEST_STEP / 1_000} s.`)),
    );
    const giveUp = (): void => {
      const ended = step.catch(() => undefined);
      reject(new FeedStuckError(feed, stop.signal.reason, ended));
    };
    const hurry = (): void => {
      cancel();
      cancel = timers.after(GRACE, giveUp);
    };
    const settle = (): void => {
      cancel();
      stop.signal.removeEventListener('abort', hurry);
    };
    if (stop.signal.aborted) hurry();
    else stop.signal.addEventListener('abort', hurry, { once: true });
    step.finally(settle).then(resolve, reject);
  });
}
