import { signal } from '@preact/signals';
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

const shown = signal<VNode | undefined>(undefined);

/** Shows a `Dialog` over the page. */
export const showDialog = (dialog: VNode): void => void (shown.value = dialog);

/** Closes it by the browser, so that the focus goes back to where it was. */
export const closeDialog = (): void => document.querySelector('dialog')?.close();

export const isDialogOpen = (): boolean => shown.value !== undefined;

export const DialogPlace = () => shown.value ?? null;

export function Dialog({ title, children }: { title: string; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby={id} onClose={() => (shown.value = undefined)}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}
