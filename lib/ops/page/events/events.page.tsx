import { useEffect, useState } from 'preact/hooks';
import type { EventRowView, EventsView, OpsAction } from '../../api.types.js';
import { EventsDialog } from '../actions/events.dialog.js';
import { OperationDialog } from '../actions/operation.dialog.js';
import { filterOf, queryOf } from '../client/filter.query.js';
import { useLiveReload, useResource } from '../client/resource.js';
import { hrefTo, type ViewProps } from '../client/route.js';
import { whyReadOnly } from '../client/session.js';
import { showDialog } from '../parts/dialog.js';
import { Heading } from '../parts/heading.js';
import { Known } from '../parts/known.js';
import { useShortcuts } from '../parts/shortcuts.js';
import { instant } from '../text/durations.js';
import { EventsBar } from './events.bar.js';
import { EventsTable, rowId } from './events.table.js';
import { FilterBar } from './filter.bar.js';

/** The events that fit the filter in the URL, newest first, part by part. */
export function EventsPage({ query }: ViewProps) {
  const filter = filterOf(query);
  const filterQuery = queryOf(filter);
  const after = query.get('after') ?? '';
  const partQuery = new URLSearchParams(filterQuery);
  if (after !== '') partQuery.set('after', after);
  const list = useResource<EventsView>(`events?${partQuery}`);
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => setPicked(new Set()), [partQuery.toString()]);
  // Further parts stand still, so that one can read them.
  useLiveReload(list, after === '' && picked.size === 0);

  const rows = list.view?.events ?? [];
  const pickedRows = rows.filter(({ id }) => picked.has(id));
  const onDone = (): void => {
    setPicked(new Set());
    list.reload();
  };
  const act = (action: OpsAction, events: readonly EventRowView[]): void =>
    showDialog(
      events.length > 0 ? (
        <EventsDialog action={action} events={events} onDone={onDone} />
      ) : (
        <OperationDialog action={action} filter={filter} />
      ),
    );
  useShortcuts({
    r: () => {
      const row = document.activeElement?.closest('tr')?.id;
      const chosen =
        pickedRows.length > 0 ? pickedRows : rows.filter(({ id }) => rowId(id) === row);
      if (chosen.length > 0 && whyReadOnly.peek() === undefined) act('replay', chosen);
    },
  });

  return (
    <>
      <Heading title="Events" />
      <FilterBar filter={filter} />
      <EventsBar filter={filter} picked={pickedRows} onAct={act} />
      <Known resource={list}>
        {({ events, next, searchedBackTo }) => (
          <>
            <EventsTable events={events} picked={picked} onPick={setPicked} />
            {searchedBackTo !== null && (
              <p class="note">
                Looked through back to {instant(searchedBackTo)}; older events come with “Older”.
              </p>
            )}
            <nav class="parts" aria-label="Parts of the list">
              {after !== '' && (
                <a class="button" href={hrefTo('events', filterQuery)}>
                  Newest
                </a>
              )}
              {next !== null && (
                <a class="button" href={hrefTo('events', withAfter(filterQuery, next))}>
                  Older
                </a>
              )}
            </nav>
          </>
        )}
      </Known>
    </>
  );
}

function withAfter(query: URLSearchParams, after: string): URLSearchParams {
  const further = new URLSearchParams(query);
  further.set('after', after);
  return further;
}
