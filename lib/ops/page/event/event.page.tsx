import type { EventView } from '../../api.types.js';
import { useLiveReload, useResource } from '../client/resource.js';
import { hrefTo, type ViewProps } from '../client/route.js';
import { Heading } from '../parts/heading.js';
import { Known } from '../parts/known.js';
import { StateBadge } from '../parts/state.badge.js';
import { EventActions } from './event.actions.js';
import { EventComparison } from './event.comparison.js';
import { EventFacts } from './event.facts.js';
import { EventHandlers } from './event.handlers.js';
import { EventNotes } from './event.notes.js';
import { EventPayload } from './event.payload.js';
import { EventTimeline } from './event.timeline.js';

/** All that is known of one event, first of all why it is not done. */
export function EventPage({ id }: ViewProps) {
  const event = useResource<EventView>(`events/${encodeURIComponent(id)}`);
  const { view } = event;
  useLiveReload(event, view !== undefined && view.finishedAt === null);
  return (
    <>
      <p class="back">
        <a href={hrefTo('events')}>Events</a>
      </p>
      <Heading title={view ? view.name : `Event ${id}`}>
        {view && <StateBadge state={view.state} />}
      </Heading>
      <Known resource={event}>
        {(known) => (
          <>
            <p class={`headline ${known.state}`}>{known.headline}</p>
            <EventActions event={known} onChanged={event.reload} />
            <div class="columns">
              <div>
                <EventTimeline event={known} />
                <EventPayload event={known} />
                <EventComparison event={known} />
              </div>
              <div>
                <EventFacts event={known} />
                <EventHandlers handlers={known.handlers} />
                <EventNotes event={known} onChanged={event.reload} />
              </div>
            </div>
          </>
        )}
      </Known>
    </>
  );
}
