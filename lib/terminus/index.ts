export { ArmoxArmaloHealthIndicator } from './armox-armalo.health-indicator.js';
export type { WebhookHealth } from './armox-armalo.health-indicator.js';
export type { HealthThresholds } from './health.thresholds.js';
