export { ArmoxArmaloOpenTelemetryModule } from './opentelemetry.module.js';
