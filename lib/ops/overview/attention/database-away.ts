import type { AttentionView } from '../../api.types.js';

/** Instead of all others, which cannot be known then. */
export const DATABASE_AWAY: AttentionView = {
  kind: 'database-away',
  urgent: true,
  title: 'The database does not answer.',
  advice:
    'Deliveries are answered 503 meanwhile, so that their senders keep them. The charts show what this process has counted itself.',
  filter: null,
};
