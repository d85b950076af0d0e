import type { LoggerService } from '@nestjs/common';
import type { MaintenanceStore, RetentionPeriods } from '../../inbox/index.js';
import type { MaintenanceTask } from './maintenance.schedule.js';

const RETENTION_EVERY_MS = 3_600_000;
/** Rows a transaction: short locks beside running traffic, since MariaDB locks gaps. */
const RETENTION_BATCH = 1_000;
const SWEEP_EVERY_MS = 30_000;

/** Drops what the retention periods have passed, in batches until nothing is left of it. */
export function retentionTask(
  store: Pick<MaintenanceStore, 'prune'>,
  periods: RetentionPeriods,
  logger: LoggerService,
): MaintenanceTask {
  return {
    name: 'retention',
    every: RETENTION_EVERY_MS,
    async work(signal) {
      let rows = 0;
      while (!signal.aborted) {
        const changed = await store.prune(periods, RETENTION_BATCH);
        if (changed === 0) break;
        rows += changed;
      }
      if (rows > 0) logger.log(`Retention has cleared ${rows} rows of the inbox.`);
    },
  };
}

/** Opens heads of ordering keys that a crash left waiting behind nothing. */
export function sweepTask(
  store: Pick<MaintenanceStore, 'sweepWaiting'>,
  wake: () => void,
  logger: LoggerService,
): MaintenanceTask {
  return {
    name: 'sweep-waiting',
    every: SWEEP_EVERY_MS,
    async work() {
      const opened = await store.sweepWaiting();
      if (opened === 0) return;
      logger.log(`${opened} waiting events had nothing before them any more, and are open again.`);
      wake();
    },
  };
}
