import { leadToSearch } from '../events/search.field.js';
import { showDialog } from '../parts/dialog.js';
import { moveAmongRows, useShortcuts } from '../parts/shortcuts.js';
import { keysDialog } from './keys.dialog.js';

/** The keys that mean the same in every view. */
export function useGlobalShortcuts(): void {
  useShortcuts({
    '/': leadToSearch,
    j: () => moveAmongRows(1),
    k: () => moveAmongRows(-1),
    '?': () => showDialog(keysDialog()),
  });
}
