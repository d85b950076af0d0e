import type { RetentionPeriods } from './stored.event.js';

/** What keeps the tables in order, on one replica at a time. */
export interface MaintenanceStore {
  /** Opens the heads of ordering keys that no open row holds: what a crash between two commits left. */
  sweepWaiting(): Promise<number>;
  /** One bounded batch. @returns how many rows it changed; call again until 0 */
  prune(periods: RetentionPeriods, batch: number): Promise<number>;
}
