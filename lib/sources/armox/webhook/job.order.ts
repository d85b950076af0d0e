import { joinedParts } from '../../../core/index.js';
import { ARMOX_JOB_STATUSES, type ArmoxJobStatus } from '../armox.constants.js';
import { isEarlierStatus, isKnownJobStatus } from '../jobs/armox.job-status.js';

/**
 * What makes an event of a job the same one; the status keeps a later event of the same job apart, where
 * Armox's page advises the id alone (docs/contract.md#armox-open-points).
 */
export function jobIdentity(jobId: string, status: string): string {
  return joinedParts(jobId, status);
}

/** Ids of the job's events that come after this one; none for a status that is not documented. */
export function laterEvents(jobId: string, status: string): readonly string[] {
  return others(jobId, status, (other, own) => isEarlierStatus(own, other));
}

/** Ids of the job's events that come before this one. */
export function earlierEvents(jobId: string, status: string): readonly string[] {
  return others(jobId, status, isEarlierStatus);
}

function others(
  jobId: string,
  status: string,
  belongs: (other: ArmoxJobStatus, own: ArmoxJobStatus) => boolean,
): readonly string[] {
  if (!isKnownJobStatus(status)) return [];
  return ARMOX_JOB_STATUSES.filter((other) => belongs(other, status)).map((other) =>
    jobIdentity(jobId, other),
  );
}
