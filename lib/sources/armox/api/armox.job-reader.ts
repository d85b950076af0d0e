import { isRecord, readId, readText } from '../../../api-client/index.js';
import { normalJobStatus } from '../jobs/armox.job-status.js';
import type { AnyArmoxJobStatus } from '../jobs/armox.job-status.js';
import type { ArmoxJob } from '../webhook/job.dto.js';
import { readOutput } from '../webhook/job.output.js';

const LONGEST_ID = 200;

/** A job in whichever of its five shapes, with a status that may be new. */
export type AnyArmoxJob = ArmoxJob<AnyArmoxJobStatus>;

/**
 * Reads a job from any of the five documented shapes: `output_data ?? output`,
 * `model_id ?? model`, `completed_at ?? cancelled_at`. All other fields are kept as they came.
 * @param missingStatus what a job without a status is taken for
 * @returns undefined for what is no job: no object, no id, or one longer than 200 characters
 */
export function readArmoxJob(
  value: unknown,
  missingStatus: AnyArmoxJobStatus,
): AnyArmoxJob | undefined {
  if (!isRecord(value)) return undefined;
  const id = readId(value['id']);
  if (id === undefined || id.length > LONGEST_ID) return undefined;
  const status = normalJobStatus(readText(value['status']) ?? missingStatus);
  const model = value['model_id'] ?? value['model'];
  const endedAt = value['completed_at'] ?? value['cancelled_at'];
  return {
    ...value,
    id,
    status,
    output: readOutput(value, status),
    ...(model !== undefined && { model_id: readText(model) ?? null }),
    ...(endedAt !== undefined && { completed_at: readText(endedAt) ?? null }),
  };
}
