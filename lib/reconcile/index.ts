export { POLL_RULES } from './reconcile.option-rules.js';
export { Reconciler } from './reconciler.js';
export type {
  FeedStatus,
  WatchedByFeed,
  ReconcileReport,
  ReconcilerDependencies,
} from './reconciler.js';
export type { FeedReport } from './feed.runner.js';
export { RECONCILE_JOB, ReconcileSchedule } from './reconcile.schedule.js';
export type { ReconcileScheduleOptions } from './reconcile.schedule.js';
export { DeliveryHealth } from './delivery.health.js';
export type { ServiceDelivery } from './delivery.health.js';
