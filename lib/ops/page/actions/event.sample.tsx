import type { EventRowView } from '../../api.types.js';
import { StateBadge } from '../parts/state.badge.js';

/** Some events, for whoever decides about them. */
export function EventSample({ events }: { events: readonly EventRowView[] }) {
  return (
    <ul class="sample" tabIndex={0} aria-label="Some of the events">
      {events.map(({ id, eventId, name, state }) => (
        <li key={id}>
          <StateBadge state={state} />
          <span>
            {name} <code>{eventId}</code>
          </span>
        </li>
      ))}
    </ul>
  );
}
