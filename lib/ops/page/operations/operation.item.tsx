import type { OperationView } from '../../api.types.js';
import { ConfirmDialog } from '../actions/confirm.dialog.js';
import { ACTION_WORDS } from '../actions/action.words.js';
import { ApiProblem, postView } from '../client/api.client.js';
import { queryOf } from '../client/filter.query.js';
import { hrefTo } from '../client/route.js';
import { ActionButton, ReadOnlyNote } from '../parts/action.button.js';
import { announce } from '../parts/announcement.js';
import { showDialog } from '../parts/dialog.js';
import { Instant } from '../parts/instant.js';
import { ROW } from '../parts/shortcuts.js';
import { number } from '../text/counts.js';
import { filterSentence } from '../text/filter.sentence.js';

const STATES: Readonly<Record<OperationView['state'], string>> = {
  running: 'Running',
  paused: 'Paused',
  stopped: 'Stopped',
  halted: 'Halted: the same error came back',
  done: 'Done',
};

export interface OperationItemProps {
  readonly operation: OperationView;
  readonly onChanged: () => void;
}

export function OperationItem({ operation, onChanged }: OperationItemProps) {
  const { action, filter, pace, by, startedAt, endedAt, state, note } = operation;
  const { total, changed, passedOver } = operation;
  const title = `${ACTION_WORDS[action].does} ${number(total)}${pace === 'ramp' ? ', as a ramp' : ''}`;
  return (
    <li class="card">
      <h2>
        <a href={hrefTo('events', queryOf(filter))} {...ROW}>
          {title}
        </a>{' '}
        <span class={`badge ${state}`}>{STATES[state]}</span>
      </h2>
      <p>{filterSentence(filter)}</p>
      <progress
        max={Math.max(1, total)}
        value={changed + passedOver}
        aria-label={`${title}: done`}
      />
      <p class="note">
        {number(changed)} of {number(total)} changed
        {passedOver > 0 && `, ${number(passedOver)} passed over, as they had changed meanwhile`}.
        Started by {by} <Instant at={startedAt} />
        {endedAt !== null && (
          <>
            , ended <Instant at={endedAt} />
          </>
        )}
        .
      </p>
      {note !== null && <p class="halt">{note}</p>}
      {endedAt === null && (
        <OperationButtons operation={operation} title={title} onChanged={onChanged} />
      )}
    </li>
  );
}

interface OperationButtonsProps extends OperationItemProps {
  readonly title: string;
}

function OperationButtons({ operation: { id, state }, title, onChanged }: OperationButtonsProps) {
  const turn = async (change: 'pause' | 'resume' | 'stop', said: string): Promise<void> => {
    await postView<OperationView>(`operations/${encodeURIComponent(id)}/${change}`);
    announce(said);
    onChanged();
  };
  const turnAtOnce = (change: 'pause' | 'resume', said: string): void =>
    void turn(change, said).catch((error: unknown) => {
      if (!(error instanceof ApiProblem)) throw error;
      announce(error.message);
    });
  const stop = (): void =>
    showDialog(
      <ConfirmDialog
        title="Stop for good?"
        does="Stop"
        isDangerous
        onConfirm={() => turn('stop', 'Stopped.')}
      >
        <p>What it has done stays done; the rest is not touched. It cannot be resumed.</p>
      </ConfirmDialog>,
    );
  return (
    <>
      <div class="buttons">
        {state === 'running' && (
          <ActionButton label={`Pause: ${title}`} onClick={() => turnAtOnce('pause', 'Paused.')}>
            Pause
          </ActionButton>
        )}
        {state === 'paused' && (
          <ActionButton label={`Resume: ${title}`} onClick={() => turnAtOnce('resume', 'Resumed.')}>
            Resume
          </ActionButton>
        )}
        <ActionButton kind="danger" label={`Stop: ${title}`} onClick={stop}>
          Stop
        </ActionButton>
      </div>
      <ReadOnlyNote />
    </>
  );
}
