import { useEffect, useState } from 'preact/hooks';
import type {
  FilterView,
  OperationRequest,
  OperationView,
  OpsAction,
  PreviewView,
} from '../../api.types.js';
import { ApiProblem, postView } from '../client/api.client.js';
import { go, hrefTo } from '../client/route.js';
import { announce } from '../parts/announcement.js';
import { Problem } from '../parts/problem.js';
import { count, events } from '../text/counts.js';
import { filterSentence } from '../text/filter.sentence.js';
import { ACTION_WORDS } from './action.words.js';
import { ConfirmDialog } from './confirm.dialog.js';
import { EventSample } from './event.sample.js';
import { RerunChoice } from './rerun.choice.js';

export interface OperationDialogProps {
  readonly action: OpsAction;
  readonly filter: FilterView;
  /** What is offered first. Default `all`. */
  readonly pace?: OperationRequest['pace'];
}

/** Shows how many events an action would be about and some of them, asks, and starts it. */
export function OperationDialog({ action, filter, pace: firstPace = 'all' }: OperationDialogProps) {
  const [preview, setPreview] = useState<PreviewView | undefined>(undefined);
  const [problem, setProblem] = useState<ApiProblem | undefined>(undefined);
  const [rerunAll, setRerunAll] = useState(false);
  const [pace, setPace] = useState(firstPace);
  useEffect(() => {
    postView<PreviewView>('operations/preview', { action, filter }).then(
      setPreview,
      (error: unknown) => setProblem(error as ApiProblem),
    );
  }, []);
  const { does, explanation } = ACTION_WORDS[action];
  const confirm = async (): Promise<void> => {
    const wanted: OperationRequest = { action, filter, pace, ...(rerunAll && { rerunAll }) };
    const { total } = await postView<OperationView>('operations', wanted);
    announce(`${does} of ${events({ count: total, more: false })} has started.`);
    go(hrefTo('operations'));
  };
  return (
    <ConfirmDialog
      title={`${does} all that fit?`}
      does={preview ? `${does} ${events(preview)}` : does}
      isDangerous={action === 'discard'}
      isUnready={preview === undefined || preview.count === 0}
      onConfirm={confirm}
    >
      <p>
        Filter: <strong>{filterSentence(filter)}</strong>
      </p>
      {problem && <Problem problem={problem} />}
      {!preview && !problem && <p class="note">Counting…</p>}
      {preview && (
        <>
          <p role="status">
            <strong>{events(preview)}</strong> {preview.count === 1 ? 'fits' : 'fit'} now. The set
            is fixed when it starts: what comes to fit later is not touched.
          </p>
          <p>{explanation}</p>
          {preview.sample.length > 0 && (
            <>
              <p class="note">The newest {count({ count: preview.sample.length, more: false })}:</p>
              <EventSample events={preview.sample} />
            </>
          )}
        </>
      )}
      {action === 'replay' && (
        <>
          <PaceChoice pace={pace} onChange={setPace} />
          <RerunChoice onChange={setRerunAll} />
        </>
      )}
    </ConfirmDialog>
  );
}

interface PaceChoiceProps {
  readonly pace: OperationRequest['pace'];
  readonly onChange: (pace: OperationRequest['pace']) => void;
}

function PaceChoice({ pace, onChange }: PaceChoiceProps) {
  return (
    <fieldset>
      <legend>How</legend>
      <label class="choice">
        <input type="radio" name="pace" checked={pace === 'all'} onChange={() => onChange('all')} />
        <span>
          All of them
          <small>In the background; it can be paused and stopped.</small>
        </span>
      </label>
      <label class="choice">
        <input
          type="radio"
          name="pace"
          checked={pace === 'ramp'}
          onChange={() => onChange('ramp')}
        />
        <span>
          Ramp: 1, then 10, then the rest
          <small>
            Each stage after the one before has ended; it halts where the same error comes back.
          </small>
        </span>
      </label>
    </fieldset>
  );
}
