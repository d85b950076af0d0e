export { ArmoxArmaloModule } from './armox-armalo.module.js';
export type { ArmoxArmaloAsyncOptions } from './armox-armalo.module.js';
export type { ArmoxArmaloOptionsFactory } from './armox-armalo.module-definition.js';
export type {
  ArmaloOptions,
  ArmoxArmaloOptions,
  ArmoxArmaloStaticOptions,
  ArmoxOptions,
  ReconcileOptions,
  SecretAnswer,
  SecretOfAccount,
  WebhookSecret,
  WorkerOptions,
} from './armox-armalo.options.js';
export { inboxMigrations } from './source-tables.js';
export {
  ArmaloEventPipe,
  ArmaloSignatureGuard,
  ArmoxEventPipe,
  ArmoxSignatureGuard,
} from './service-guards.js';
