export {
  ARMOX_DEFAULT_BASE_URL,
  ARMOX_EVENT_NAMES,
  ARMOX_JOB_STATUSES,
  ARMOX_SIGNATURE_HEADER,
} from './armox.constants.js';
export type { ArmoxEventName, ArmoxJobStatus } from './armox.constants.js';
export { isArmoxEvent } from './armox.events.js';
export type { AnyArmoxEvent, ArmoxEvent, ArmoxEvents } from './armox.events.js';
export { armoxSignature, verifyArmoxSignature } from './armox.signature.js';
export { armoxSource } from './armox.source.js';
export type { ArmoxSourceOptions } from './armox.source.js';
export {
  ArmoxJob,
  CancelledJob,
  CompletedJob,
  FailedJob,
  PendingJob,
  ProcessingJob,
} from './job.dto.js';
export type { ArmoxOutput } from './job.dto.js';
export { OnArmoxEvent } from './on-armox-event.decorator.js';
export { armoxOutputUrls } from './output-urls.js';
export { ArmoxClient } from './armox.client.js';
export type * from './armox.api-types.js';
export { readArmoxJob } from './armox.job-reader.js';
export type { AnyArmoxJob } from './armox.job-reader.js';
export {
  isKnownJobStatus,
  isTerminalJobStatus,
  mayMoveJob,
  normalJobStatus,
} from './armox.job-status.js';
export type { AnyArmoxJobStatus } from './armox.job-status.js';
