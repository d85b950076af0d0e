import type { AttemptView, EventView } from '../../api.types.js';
import { Instant } from '../parts/instant.js';
import { STATE_NAMES } from '../text/states.js';
import { duration } from '../text/durations.js';
import { number } from '../text/counts.js';

/** What has happened to an event, the oldest first. */
export function EventTimeline({ event }: { event: EventView }) {
  const { receivedAt, redeliveries, attemptsMade, finishedAt, state } = event;
  return (
    <section class="card">
      <h2>Timeline</h2>
      <ol class="timeline">
        <li>
          <p>
            Received <Instant at={receivedAt} />
          </p>
          {redeliveries.count > 0 && (
            <p class="note">
              Came again {redeliveries.count === 1 ? 'once' : `${number(redeliveries.count)} times`}
              {redeliveries.lastAt !== null && (
                <>
                  , the last time <Instant at={redeliveries.lastAt} />
                </>
              )}
              .
            </p>
          )}
        </li>
        {attemptsMade.map((attempt, index) => (
          <Attempt key={index} attempt={attempt} />
        ))}
        {finishedAt !== null && (
          <li class={state}>
            <p>
              {STATE_NAMES[state]} <Instant at={finishedAt} />
            </p>
          </li>
        )}
      </ol>
    </section>
  );
}

function Attempt({ attempt: made }: { attempt: AttemptView }) {
  const { attempt, handler, error, at, duration: took, release } = made;
  const [line = '', ...stack] = error.split('\n');
  return (
    <li class="failed">
      <p>
        Attempt {attempt} failed in <code>{handler}</code> <Instant at={at} />
      </p>
      <p class="note">
        after {duration(took)}
        {release !== null && `, release ${release}`}
      </p>
      <p class="error">{line}</p>
      {stack.length > 0 && (
        <details>
          <summary>Stack of attempt {attempt}</summary>
          <pre tabIndex={0}>{stack.join('\n')}</pre>
        </details>
      )}
    </li>
  );
}
