import type { EventView } from '../../api.types.js';
import { hrefTo } from '../client/route.js';
import { Instant } from '../parts/instant.js';
import { number } from '../text/counts.js';
import { reasonName } from '../text/states.js';

const ORIGINS: Readonly<Record<string, string>> = {
  webhook: 'a webhook',
  poll: 'the poller',
  'api-response': 'an answer of the API',
};

export function EventFacts({ event }: { event: EventView }) {
  const { id, eventId, source, account, origin, occurredAt, orderKey, fingerprint } = event;
  const { reason, attempts, dueAt, finishedAt, release } = event;
  return (
    <section class="card">
      <h2>Facts</h2>
      <dl class="list">
        <dt>Id</dt>
        <dd>
          <code>{eventId}</code>
        </dd>
        <dt>Row</dt>
        <dd>
          <code>{id}</code>
        </dd>
        <dt>Service</dt>
        <dd>
          {source}
          {account !== '' && account !== 'default' && `, account ${account}`}
        </dd>
        <dt>Came by</dt>
        <dd>{ORIGINS[origin] ?? origin}</dd>
        <dt>Happened</dt>
        <dd>{occurredAt === null ? 'not told' : <Instant at={occurredAt} />}</dd>
        <dt>Attempts</dt>
        <dd>{number(attempts)}</dd>
        {release !== null && (
          <>
            <dt>Run by release</dt>
            <dd>{release}</dd>
          </>
        )}
        {finishedAt === null ? (
          <>
            <dt>Due</dt>
            <dd>
              <Instant at={dueAt} />
            </dd>
          </>
        ) : (
          <>
            <dt>Ended</dt>
            <dd>
              <Instant at={finishedAt} />
            </dd>
          </>
        )}
        {reason !== null && (
          <>
            <dt>Reason</dt>
            <dd>{reasonName(reason)}</dd>
          </>
        )}
        {orderKey !== null && (
          <>
            <dt>Ordering key</dt>
            <dd>
              <code>{orderKey}</code>
            </dd>
          </>
        )}
        {fingerprint !== null && (
          <>
            <dt>Error fingerprint</dt>
            <dd>
              <a href={hrefTo('events', new URLSearchParams({ fingerprint }))}>
                <code>{fingerprint}</code>
              </a>
            </dd>
          </>
        )}
      </dl>
    </section>
  );
}
