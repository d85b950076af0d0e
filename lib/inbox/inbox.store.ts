import type { DryRunStore } from './dry-run.store.js';
import type { IntakeStore } from './intake.store.js';
import type { LeaderLock } from './leader.lock.js';
import type { MaintenanceStore } from './maintenance.store.js';
import type { OperatorStore } from './operator.store.js';
import type { ReplicaStore } from './replica.store.js';
import type { WorkStore } from './work.store.js';

/**
 * The durable inbox's storage as a whole. Each part of the module takes the one of these ports that it
 * needs. One implementation per database, all of them held to one suite (`test/inbox/store-suite.ts`).
 */
export interface InboxStore
  extends
    IntakeStore,
    WorkStore,
    MaintenanceStore,
    OperatorStore,
    LeaderLock,
    ReplicaStore,
    DryRunStore {}
