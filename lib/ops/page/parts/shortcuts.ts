import { useEffect, useRef } from 'preact/hooks';
import { isDialogOpen } from './dialog.js';

export type Shortcuts = Readonly<Record<string, () => void>>;

/** Does something when its key is pressed, except where one writes, a dialog asks, or with a modifier. */
export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const then = latest.current[event.key];
      if (!then || event.ctrlKey || event.metaKey || event.altKey || isDialogOpen()) return;
      if (isWriting(event.target)) return;
      event.preventDefault();
      then();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
}

const isWriting = (target: EventTarget | null): boolean =>
  target instanceof Element &&
  target.closest('textarea, select, input:not([type=checkbox], [type=radio])') !== null;

/** What a link or button of a row is marked with, so that `j` and `k` lead to it. */
export const ROW = { 'data-row': true } as const;

/** Moves the focus among the rows, from the one that it is in. */
export function moveAmongRows(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')];
  const at = rows.findIndex((row) => row === document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step;
  rows[next]?.focus();
}
