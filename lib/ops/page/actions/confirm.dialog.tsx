import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { ApiProblem } from '../client/api.client.js';
import { closeDialog, Dialog } from '../parts/dialog.js';
import { Problem } from '../parts/problem.js';

export interface ConfirmDialogProps {
  readonly title: string;
  /** What the button says that does it. */
  readonly does: string;
  readonly isDangerous?: boolean;
  /** Whether it is not known yet what would be done. */
  readonly isUnready?: boolean;
  /** The dialog closes after it; what it throws of the API stays in the dialog. */
  readonly onConfirm: () => Promise<void>;
  readonly children: ComponentChildren;
}

/** Asks before something is done, and stays until it is. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, does, isDangerous, isUnready = false, onConfirm, children } = props;
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | undefined>(undefined);
  const confirm = async (): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await onConfirm();
      closeDialog();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title={title}>
      <form
        method="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isBusy && !isUnready) void confirm();
        }}
      >
        {children}
        {problem && <Problem problem={problem} />}
        <div class="buttons">
          <button
            type="submit"
            class={isDangerous ? 'danger' : 'primary'}
            disabled={isBusy || isUnready}
          >
            {isBusy ? 'At work…' : does}
          </button>
          <button type="button" onClick={closeDialog}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
