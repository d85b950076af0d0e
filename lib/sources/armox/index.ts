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
export { ArmoxJobs } from './armox.jobs.js';
export type {
  ArmoxJobHandle,
  ArmoxJobsParts,
  RunAppJob,
  RunModelJob,
  WaitForJob,
} from './armox.jobs.js';
export { armoxJobCompanion } from './armox.job-companion.js';
export { ArmoxJobFeed } from './armox.job-feed.js';
export type { ArmoxJobFeedParts } from './armox.job-feed.js';
export { JobLostError, JobNotRecordedError, JobTimeoutError } from './job.errors.js';
export { JobStore } from './job.store.js';
