import type { ErrorsView } from '../../api.types.js';
import { useLiveReload, useResource } from '../client/resource.js';
import { Heading } from '../parts/heading.js';
import { Known } from '../parts/known.js';
import { ErrorGroup } from './error.group.js';

/** Dead events by their error, the most frequent first. */
export function ErrorsPage() {
  const errors = useResource<ErrorsView>('errors');
  useLiveReload(errors);
  return (
    <>
      <Heading title="Errors" />
      <p class="lead">
        Dead events, by what they died of. Errors that differ in ids, numbers and quoted texts alone
        count as one.
      </p>
      <Known resource={errors}>
        {({ groups, more }) => (
          <>
            {groups.length === 0 && <p class="empty">No event is dead.</p>}
            {more && (
              <p class="note">There are more dead events than the 10,000 that were looked at.</p>
            )}
            <ul class="groups">
              {groups.map((group) => (
                <ErrorGroup
                  key={[group.fingerprint, group.source, group.name, group.reason].join(' ')}
                  group={group}
                />
              ))}
            </ul>
          </>
        )}
      </Known>
    </>
  );
}
