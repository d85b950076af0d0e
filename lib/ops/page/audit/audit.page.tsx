import type { AuditView } from '../../api.types.js';
import { useResource } from '../client/resource.js';
import { hrefTo, type ViewProps } from '../client/route.js';
import { Heading } from '../parts/heading.js';
import { Instant } from '../parts/instant.js';
import { Known } from '../parts/known.js';
import { events as eventsText, exactly } from '../text/counts.js';

/** Who has done what, the newest first. */
export function AuditPage({ query }: ViewProps) {
  const after = query.get('after') ?? '';
  const part = after === '' ? '' : `?${new URLSearchParams({ after })}`;
  const audit = useResource<AuditView>(`audit${part}`);
  return (
    <>
      <Heading title="Audit" />
      <p class="lead">What operators have done by this page, the API and the command line.</p>
      <Known resource={audit}>
        {({ entries, next }) => (
          <>
            {entries.length === 0 && <p class="empty">Nobody has done anything yet.</p>}
            {entries.length > 0 && <AuditTable entries={entries} />}
            <nav class="parts" aria-label="Parts of the list">
              {after !== '' && (
                <a class="button" href={hrefTo('audit')}>
                  Newest
                </a>
              )}
              {next !== null && (
                <a class="button" href={hrefTo('audit', new URLSearchParams({ after: next }))}>
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

function AuditTable({ entries }: Pick<AuditView, 'entries'>) {
  return (
    <div class="scrolling" role="region" tabIndex={0} aria-label="Audit">
      <table class="stacked">
        <caption class="unseen">What was done, the newest first</caption>
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">Action</th>
            <th scope="col">What it was done to</th>
            <th scope="col" class="number">
              Events
            </th>
          </tr>
        </thead>
        <tbody>
          {entries.map(({ id, at, by, action, about, events }) => (
            <tr key={id}>
              <td>
                <Instant at={at} />
              </td>
              <th scope="row">{by}</th>
              <td>{action.replaceAll('-', ' ')}</td>
              <td class="about">{about}</td>
              <td class="number">{eventsText(exactly(events))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
