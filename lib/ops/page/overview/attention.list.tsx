import type { AttentionView } from '../../api.types.js';
import { queryOf } from '../client/filter.query.js';
import { hrefTo } from '../client/route.js';
import { Icon } from '../parts/icon.js';
import { ROW } from '../parts/shortcuts.js';

export function AttentionList({ attention }: { attention: readonly AttentionView[] }) {
  return (
    <section aria-labelledby="attention">
      <h2 id="attention">Needs attention</h2>
      {attention.length === 0 ? (
        <p class="all-well">
          <Icon shape="done" />
          Nothing. Deliveries come in and get done.
        </p>
      ) : (
        <ul class="attention">
          {attention.map((item) => (
            <li key={`${item.kind} ${item.title}`} class={item.urgent ? 'urgent' : undefined}>
              <Icon shape="warning" />
              <div>
                <h3>
                  {item.urgent && <span class="unseen">Urgent: </span>}
                  {item.title}
                </h3>
                <p>{item.advice}</p>
              </div>
              <AttentionLink item={item} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function AttentionLink({ item: { kind, filter, title } }: { item: AttentionView }) {
  const href =
    filter !== null
      ? hrefTo('events', queryOf(filter))
      : kind === 'poller' || kind === 'repaired'
        ? hrefTo('poller')
        : undefined;
  if (href === undefined) return null;
  return (
    <a class="button" href={href} {...ROW}>
      {filter !== null ? 'Show the events' : 'Show the poller'}
      <span class="unseen">: {title}</span>
    </a>
  );
}
