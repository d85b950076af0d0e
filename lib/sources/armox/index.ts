export { armox } from './armox.definition.js';
export type { ArmoxOptions } from './armox.options.js';
export { ArmoxEventPipe, ArmoxSignatureGuard } from './webhook/armox.guards.js';
export {
  ARMOX_DEFAULT_BASE_URL,
  ARMOX_EVENT_NAMES,
  ARMOX_JOB_STATUSES,
  ARMOX_SIGNATURE_HEADER,
} from './armox.constants.js';
export type { ArmoxEventName, ArmoxJobStatus } from './armox.constants.js';
export { isArmoxEvent } from './webhook/armox.events.js';
export type { AnyArmoxEvent, ArmoxEvent, ArmoxEvents } from './webhook/armox.events.js';
export { armoxSignature, verifyArmoxSignature } from './webhook/armox.signature.js';
export { armoxSource } from './webhook/armox.source.js';
export { ArmoxJob } from './webhook/job.dto.js';
export type {
  ArmoxOutput,
  CancelledJob,
  CompletedJob,
  FailedJob,
  PendingJob,
  ProcessingJob,
} from './webhook/job.dto.js';
export { OnArmoxEvent } from './webhook/on-armox-event.decorator.js';
export { armoxOutputUrls } from './webhook/output-urls.js';
export { ArmoxClient } from './api/armox.client.js';
export type * from './api/armox.api-types.js';
export { readArmoxJob } from './api/armox.job-reader.js';
export type { AnyArmoxJob } from './api/armox.job-reader.js';
export {
  isKnownJobStatus,
  isTerminalJobStatus,
  mayFollow,
  normalJobStatus,
} from './jobs/armox.job-status.js';
export type { AnyArmoxJobStatus } from './jobs/armox.job-status.js';
export { ArmoxJobs } from './jobs/armox.jobs.js';
export type { ArmoxJobHandle, RunAppJob, RunModelJob, WaitForJob } from './jobs/armox.jobs.js';
export { armoxJobHook } from './jobs/armox.job-hook.js';
export { ArmoxJobFeed } from './jobs/armox.job-feed.js';
export { JobLostError, JobNotRecordedError, JobTimeoutError } from './jobs/job.errors.js';
export { JobStore } from './jobs/job.store.js';
