import { computed, signal } from '@preact/signals';
import type { SessionView } from '../../api.types.js';

/** Who looks at the page; undefined until that is known. */
export const session = signal<SessionView | undefined>(undefined);

/** Why nothing may be changed here; undefined where it may. */
export const whyReadOnly = computed(() =>
  session.value?.role === 'operate'
    ? undefined
    : `${session.value?.user ?? 'You'} may look, but change nothing: that needs the role “operate”.`,
);
