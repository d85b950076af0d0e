/** Carries `sha256=<hex>`. */
export const ARMOX_SIGNATURE_HEADER = 'x-armox-signature';

export const ARMOX_DEFAULT_BASE_URL = 'https://armox.ai/api/v1';

/** A job's statuses; the last three are terminal. */
export const ARMOX_JOB_STATUSES = [
  'pending',
  'processing',
  'completed',
  'failed',
  'cancelled',
] as const;

export type ArmoxJobStatus = (typeof ARMOX_JOB_STATUSES)[number];

export type ArmoxEventName = `job.${ArmoxJobStatus}`;

/**
 * The page shows `job.completed` alone; the others are the documented statuses, for the webhooks it
 * leaves open and for what the poller finds (docs/contract.md#armox-events).
 */
export const ARMOX_EVENT_NAMES: readonly ArmoxEventName[] = [
  'job.completed',
  'job.failed',
  'job.cancelled',
  'job.processing',
  'job.pending',
];
