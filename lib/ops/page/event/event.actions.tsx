import type { ChangedView, EventView, OpsAction } from '../../api.types.js';
import { EventsDialog } from '../actions/events.dialog.js';
import { ApiProblem, apiUrl, postView } from '../client/api.client.js';
import { serverNow } from '../client/server.time.js';
import { ActionButton, ReadOnlyNote } from '../parts/action.button.js';
import { announce } from '../parts/announcement.js';
import { showDialog } from '../parts/dialog.js';
import { useShortcuts } from '../parts/shortcuts.js';
import { whyReadOnly } from '../client/session.js';
import { whyNoDiscard, whyNoReplay, whyNoRetry } from '../text/states.js';
import { copyCurl } from './curl.dialog.js';
import { DryRunDialog } from './dry-run.dialog.js';

export interface EventActionsProps {
  readonly event: EventView;
  readonly onChanged: () => void;
}

/** What can be done to an event, and with it. */
export function EventActions({ event, onChanged }: EventActionsProps) {
  const { id, curl, payload } = event;
  const path = `events/${encodeURIComponent(id)}`;
  const act = (action: OpsAction): void =>
    showDialog(<EventsDialog action={action} events={[event]} onDone={onChanged} />);
  const retry = async (): Promise<void> => {
    try {
      await postView<ChangedView>(`${path}/retry`);
      announce('It is due now.');
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      announce(error.message);
    }
    onChanged();
  };
  const whyNot = payload === null ? 'Its payload is gone: its retention is over.' : undefined;
  const whyNotReplay = whyNot ?? whyNoReplay(event);
  useShortcuts({
    r: () => {
      if ((whyReadOnly.peek() ?? whyNotReplay) === undefined) act('replay');
    },
  });
  return (
    <div class="bar">
      <div class="buttons">
        <ActionButton
          kind="primary"
          shortcut="r"
          whyNot={whyNotReplay}
          onClick={() => act('replay')}
        >
          Replay
        </ActionButton>
        <ActionButton whyNot={whyNoRetry(event, serverNow.value)} onClick={() => void retry()}>
          Retry now
        </ActionButton>
        <ActionButton whyNot={whyNot} onClick={() => showDialog(<DryRunDialog id={id} />)}>
          Dry run
        </ActionButton>
        <ActionButton kind="danger" whyNot={whyNoDiscard(event)} onClick={() => act('discard')}>
          Discard
        </ActionButton>
      </div>
      <div class="buttons">
        {curl !== null && (
          <button type="button" onClick={() => void copyCurl(curl)}>
            Copy as cURL
          </button>
        )}
        {payload !== null && (
          <a class="button" href={apiUrl(`${path}/fixture`)} download>
            Download as fixture
          </a>
        )}
      </div>
      <ReadOnlyNote />
    </div>
  );
}
