export { Reconciler } from './reconciler.js';
export type { ReconcileReport, ReconcilerParts } from './reconciler.js';
export type { FeedReport } from './feed.runner.js';
