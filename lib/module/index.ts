export { ArmoxArmaloModule } from './armox-armalo.module.js';
export type { ArmoxArmaloAsyncOptions } from './armox-armalo.module.js';
export type { ArmoxArmaloOptionsFactory } from './armox-armalo.module-definition.js';
export type {
  ArmoxArmaloOptions,
  ArmoxArmaloStaticOptions,
  ReconcileOptions,
  WorkerOptions,
} from './armox-armalo.options.js';
export { inboxMigrations } from './inbox.migrations.js';
export type { ArmoxArmaloMigrationOptions } from './inbox.migrations.js';
