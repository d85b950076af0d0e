import { isJsonObject, type JsonObject } from '../../../core/index.js';
import { isTerminalJobStatus } from '../jobs/armox.job-status.js';
import type { ArmoxOutput } from './job.dto.js';

/** `output_data`, else `output`. Null, absent and `{}` before the end all mean: none yet (docs/contract.md#armox-open-points). */
export function readOutput(job: JsonObject, status: string): ArmoxOutput | null {
  const output = job['output_data'] ?? job['output'];
  if (output === undefined || output === null) return null;
  // No document shows a bare text or list; one is kept under a key of ours rather than lost.
  if (!isJsonObject(output)) return { value: output };
  return Object.keys(output).length > 0 || isTerminalJobStatus(status) ? output : null;
}
