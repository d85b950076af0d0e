import type { EventRowView } from '../../api.types.js';
import { eventHref } from '../client/route.js';
import { FromNow } from '../parts/instant.js';
import { ROW } from '../parts/shortcuts.js';
import { StateBadge } from '../parts/state.badge.js';
import { reasonName } from '../text/states.js';

export interface EventsTableProps {
  readonly events: readonly EventRowView[];
  /** Ids of rows. */
  readonly picked: ReadonlySet<string>;
  readonly onPick: (picked: ReadonlySet<string>) => void;
}

/** Of the row's element. */
export const rowId = (id: string): string => `event-${id}`;

export function EventsTable({ events, picked, onPick }: EventsTableProps) {
  if (events.length === 0) return <p class="empty">No event fits.</p>;
  const areAll = events.every(({ id }) => picked.has(id));
  return (
    <table class="events">
      <caption class="unseen">Events, the newest first</caption>
      <thead>
        <tr>
          <th scope="col" class="pick">
            <input
              type="checkbox"
              aria-label="Pick all of these"
              checked={areAll}
              onChange={() => onPick(new Set(areAll ? [] : events.map(({ id }) => id)))}
            />
          </th>
          <th scope="col">State</th>
          <th scope="col">Event</th>
          <th scope="col" class="wide">
            Service
          </th>
          <th scope="col" class="wide number">
            Attempts
          </th>
          <th scope="col" class="wide number">
            Received
          </th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <EventRow
            key={event.id}
            event={event}
            isPicked={picked.has(event.id)}
            onPick={() => onPick(toggled(picked, event.id))}
          />
        ))}
      </tbody>
    </table>
  );
}

interface EventRowProps {
  readonly event: EventRowView;
  readonly isPicked: boolean;
  readonly onPick: () => void;
}

function EventRow({ event, isPicked, onPick }: EventRowProps) {
  const { id, eventId, source, account, name, state, reason, error, attempts, receivedAt } = event;
  return (
    <tr id={rowId(id)} class={isPicked ? 'picked' : undefined}>
      <td class="pick">
        <input
          type="checkbox"
          aria-label={`Pick ${name} ${eventId}`}
          checked={isPicked}
          onChange={onPick}
        />
      </td>
      <td>
        <StateBadge state={state} />
        <small class="narrow">
          <FromNow at={receivedAt} />
        </small>
      </td>
      <td class="event">
        <a href={eventHref(id)} {...ROW}>
          {name}
        </a>{' '}
        <code>{eventId}</code>
        {(error ?? reason) !== null && (
          <p class="why">
            {reason !== null && <span class="reason">{reasonName(reason)}</span>}
            {reason !== null && error !== null && ': '}
            {error}
          </p>
        )}
      </td>
      <td class="wide">
        {source}
        {account !== '' && account !== 'default' && <small>{account}</small>}
      </td>
      <td class="wide number">{attempts}</td>
      <td class="wide number">
        <FromNow at={receivedAt} />
      </td>
    </tr>
  );
}

function toggled(picked: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const others = [...picked].filter((other) => other !== id);
  return new Set(picked.has(id) ? others : [...others, id]);
}
