import { useState } from 'preact/hooks';
import type { ChangedView, EventRowView, OpsAction } from '../../api.types.js';
import { ApiProblem, postView } from '../client/api.client.js';
import { announce } from '../parts/announcement.js';
import { events as eventsText, exactly } from '../text/counts.js';
import { ACTION_WORDS } from './action.words.js';
import { ConfirmDialog } from './confirm.dialog.js';
import { EventSample } from './event.sample.js';
import { RerunChoice } from './rerun.choice.js';

export interface EventsDialogProps {
  readonly action: OpsAction;
  readonly events: readonly EventRowView[];
  /** Called when something may have changed. */
  readonly onDone: () => void;
}

/** Asks, then does something to one event or to those that were picked, one after the other. */
export function EventsDialog({ action, events, onDone }: EventsDialogProps) {
  const [rerunAll, setRerunAll] = useState(false);
  const { does, explanation } = ACTION_WORDS[action];
  const what = `${does} ${eventsText(exactly(events.length))}`;
  const confirm = async (): Promise<void> => {
    const body = action === 'replay' ? { rerunAll } : {};
    let changed = 0;
    let refusal: ApiProblem | undefined;
    for (const { id } of events) {
      try {
        await postView<ChangedView>(`events/${encodeURIComponent(id)}/${action}`, body);
        changed += 1;
      } catch (error) {
        // One that has changed meanwhile keeps nobody from the others.
        if (!(error instanceof ApiProblem) || error.passes || events.length === 1) throw error;
        refusal = error;
      }
    }
    announce(resultText(action, changed, refusal));
    onDone();
  };
  return (
    <ConfirmDialog
      title={`${what}?`}
      does={what}
      isDangerous={action === 'discard'}
      onConfirm={confirm}
    >
      <p>{explanation}</p>
      <EventSample events={events} />
      {action === 'replay' && <RerunChoice onChange={setRerunAll} />}
    </ConfirmDialog>
  );
}

function resultText(action: OpsAction, changed: number, refusal: ApiProblem | undefined): string {
  const done = action === 'replay' ? 'will run again' : 'discarded';
  const text = `${eventsText(exactly(changed))} ${done}.`;
  return refusal ? `${text} Others were passed over: ${refusal.message}` : text;
}
