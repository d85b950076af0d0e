import { ArmoxArmaloError } from '../../../core/index.js';
import type { AnyArmoxJob } from '../api/armox.job-reader.js';

/** Armox has accepted (and charged) the run, but the database could not take it down. */
export class JobNotRecordedError extends ArmoxArmaloError {
  readonly code = 'ARMOX_ARMALO_JOB_NOT_RECORDED';

  constructor(
    readonly job: AnyArmoxJob,
    options: ErrorOptions,
  ) {
    super(
      `Armox has started job ${job.id}, but it could not be recorded, so the poller does not know of it. ` +
        'Do not start it again: its webhook is handled as usual, and `track(id)` puts it under watch.',
      options,
    );
  }
}

/** Armox does not know the job any more, or it has not ended for days; how it ended is not known. */
export class JobLostError extends ArmoxArmaloError {
  readonly code = 'ARMOX_ARMALO_JOB_LOST';

  constructor(readonly jobId: string) {
    super(
      `Job ${jobId} is lost: Armox does not know it any more, or it has not ended for too long. Whether it was done is not known.`,
    );
  }
}

/** `done` has waited for as long as it was told to. The job goes on, and its end is handled. */
export class JobTimeoutError extends ArmoxArmaloError {
  readonly code = 'ARMOX_ARMALO_JOB_TIMEOUT';

  constructor(
    readonly jobId: string,
    ms: number,
  ) {
    super(
      `Job ${jobId} has not ended within ${ms} ms. It goes on; its event still reaches the handlers, and \`done\` may be called again.`,
    );
  }
}
