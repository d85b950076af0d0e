import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import { whyReadOnly } from '../client/session.js';

export interface ActionButtonProps {
  readonly onClick: () => void;
  /** Why it cannot be done now, whoever asks. */
  readonly whyNot?: string | undefined;
  readonly kind?: 'primary' | 'danger';
  /** The key that does the same. */
  readonly shortcut?: string;
  /** What it is called where the text alone does not tell. */
  readonly label?: string;
  readonly children: ComponentChildren;
}

/** A button that changes something. Where it may not, it stays, can be reached, and says why. */
export function ActionButton(props: ActionButtonProps) {
  const { onClick, kind, shortcut, label, children } = props;
  const id = useId();
  const whyNot = whyReadOnly.value ?? props.whyNot;
  return (
    <>
      <button
        type="button"
        class={kind}
        aria-label={label}
        aria-disabled={whyNot === undefined ? undefined : true}
        aria-describedby={whyNot === undefined ? undefined : id}
        aria-keyshortcuts={shortcut}
        title={whyNot}
        onClick={() => {
          if (whyNot === undefined) onClick();
        }}
      >
        {children}
        {shortcut !== undefined && <kbd aria-hidden="true">{shortcut}</kbd>}
      </button>
      {whyNot !== undefined && (
        <span id={id} class="unseen">
          {whyNot}
        </span>
      )}
    </>
  );
}

/** Says once beside a group of buttons why none of them does anything. */
export function ReadOnlyNote() {
  return whyReadOnly.value === undefined ? null : <p class="note">{whyReadOnly.value}</p>;
}
