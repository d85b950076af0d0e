import type { OperationsView } from '../../api.types.js';
import { useLiveReload, useResource } from '../client/resource.js';
import { Heading } from '../parts/heading.js';
import { Known } from '../parts/known.js';
import { OperationItem } from './operation.item.js';

/** Actions on many events, and how far they are. */
export function OperationsPage() {
  const operations = useResource<OperationsView>('operations');
  useLiveReload(operations);
  return (
    <>
      <Heading title="Operations" />
      <p class="lead">
        Actions on many events. They go on in the background, survive restarts, and touch only what
        fitted when they started.
      </p>
      <Known resource={operations}>
        {({ operations: all }) =>
          all.length === 0 ? (
            <p class="empty">
              None yet. They begin with “all that fit” among the events, or with a group of errors.
            </p>
          ) : (
            <ul class="groups">
              {all.map((operation) => (
                <OperationItem
                  key={operation.id}
                  operation={operation}
                  onChanged={operations.reload}
                />
              ))}
            </ul>
          )
        }
      </Known>
    </>
  );
}
