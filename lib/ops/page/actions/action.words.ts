import type { OpsAction } from '../../api.types.js';

/** How each action is spoken of. */
export const ACTION_WORDS: Readonly<
  Record<OpsAction, { readonly does: string; readonly explanation: string }>
> = {
  replay: {
    does: 'Replay',
    explanation:
      'Finished events run again: only the handlers that have not succeeded, unless you say otherwise. ' +
      'Those that are not finished, or have no payload any more, are passed over.',
  },
  discard: {
    does: 'Discard',
    explanation:
      'They end as ignored, reason “discarded”, and no handler runs for them. A replay brings them back.',
  },
};
