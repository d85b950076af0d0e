export { ArmaloSandbox } from './armalo.sandbox.js';
export type { ArmaloPlan, ArmaloSandboxOptions, EvalLifecycle } from './armalo.sandbox.js';
export { ArmoxSandbox } from './armox.sandbox.js';
export type { ArmoxSandboxOptions, JobLifecycle } from './armox.sandbox.js';
export type {
  SandboxAgent,
  SandboxEscrow,
  SandboxEval,
  SandboxPact,
  SandboxScore,
  SandboxWebhook,
} from './armalo-records.js';
export type { SandboxApp, SandboxModel } from './armox-catalog.js';
export type { SandboxJob } from './sandbox-job.js';
export type { ApiFaults } from './api-faults.js';
export type { DeliveryFaults } from './delivery-faults.js';
export type { DeliveryRecord, DeliveryRetry, DeliveryState } from './delivery-queue.js';
export type { ApiCounts } from './sandbox-server.js';
export type { Sandbox } from './sandbox.js';
export type { SandboxOptions } from './sandbox.options.js';
export type { SandboxTimers } from './sandbox-timers.js';
export { ManualTimers } from './manual-timers.js';
export { seededRandom } from './seeded-random.js';
export { armaloRequest, armoxRequest, signArmalo, signArmox } from './signed-request.js';
export type { SignedRequest } from './signed-request.js';
export { handlerContext } from './handler-context.js';
export { untilHandled } from './until-handled.js';
export { sourceConformance } from './source-conformance.js';
export type { ConformanceCheck, ConformanceSamples, SampleEvent } from './source-conformance.js';
