import { go, hrefTo, route } from '../client/route.js';
import { showDialog } from '../parts/dialog.js';
import { moveAmongRows, useShortcuts } from '../parts/shortcuts.js';
import { keysDialog } from './keys.dialog.js';
import { SEARCH_FIELD } from './search.field.js';

/** The keys that mean the same in every view. */
export function useGlobalShortcuts(): void {
  useShortcuts({
    '/': search,
    j: () => moveAmongRows(1),
    k: () => moveAmongRows(-1),
    '?': () => showDialog(keysDialog()),
  });
}

function search(): void {
  const focus = (): void => document.getElementById(SEARCH_FIELD)?.focus();
  if (route.peek().view === 'events' && route.peek().id === undefined) return focus();
  go(hrefTo('events'));
  // When the view is there, and its heading has had its turn.
  addEventListener('hashchange', () => requestAnimationFrame(() => setTimeout(focus)), {
    once: true,
  });
}
