import type { ErrorsView, FilterView, OpsAction } from '../../api.types.js';
import { OperationDialog } from '../actions/operation.dialog.js';
import { queryOf } from '../client/filter.query.js';
import { eventHref, hrefTo } from '../client/route.js';
import { ActionButton, ReadOnlyNote } from '../parts/action.button.js';
import { showDialog } from '../parts/dialog.js';
import { FromNow } from '../parts/instant.js';
import { ROW } from '../parts/shortcuts.js';
import { number } from '../text/counts.js';
import { reasonName } from '../text/states.js';

type Group = ErrorsView['groups'][number];

export function ErrorGroup({ group }: { group: Group }) {
  const { source, name, reason, error, count, firstAt, lastAt, latestId } = group;
  const [line = '', ...stack] = error.split('\n');
  const filter = filterOfGroup(group);
  const act = (action: OpsAction, pace: 'all' | 'ramp' = 'all'): void =>
    showDialog(<OperationDialog action={action} filter={filter} pace={pace} />);
  const of = (text: string): string => `${text}: ${name}, ${line}`;
  return (
    <li class="card">
      <div class="group">
        <p class="times">
          <strong>{number(count)}</strong> {count === 1 ? 'event' : 'events'}
        </p>
        <div>
          <h2>
            <a href={hrefTo('events', queryOf(filter))} {...ROW}>
              {name}
            </a>{' '}
            <small>{source}</small>
          </h2>
          <p class="error">{line}</p>
          <p class="note">
            {reason !== null && `${reasonName(reason)}; `}first <FromNow at={firstAt} />, last{' '}
            <FromNow at={lastAt} />: <a href={eventHref(latestId)}>the latest</a>
          </p>
          {stack.length > 0 && (
            <details>
              <summary>Stack of the latest</summary>
              <pre tabIndex={0}>{stack.join('\n')}</pre>
            </details>
          )}
          <div class="buttons">
            <ActionButton label={of('Replay all')} onClick={() => act('replay')}>
              Replay all
            </ActionButton>
            <ActionButton label={of('Ramp 1, 10, rest')} onClick={() => act('replay', 'ramp')}>
              Ramp 1, 10, rest
            </ActionButton>
            <ActionButton kind="danger" label={of('Discard all')} onClick={() => act('discard')}>
              Discard all
            </ActionButton>
          </div>
          <ReadOnlyNote />
        </div>
      </div>
    </li>
  );
}

const filterOfGroup = ({ fingerprint, source, name, reason }: Group): FilterView => ({
  state: 'dead',
  source,
  name,
  fingerprint,
  ...(reason !== null && { reason }),
});
