import type { WithDto } from '../../../handlers/index.js';
import type { ArmoxEventName } from '../armox.constants.js';
import type {
  CancelledJob,
  CompletedJob,
  FailedJob,
  PendingJob,
  ProcessingJob,
  ArmoxJob,
} from './job.dto.js';

interface JobEvent<Name extends string, Job> {
  /** `job.<status>`: the job's own status decides, not the name that was sent. */
  readonly event: Name;
  readonly job: Job;
}

/** Armox's events, each with the object that its handlers get. */
export interface ArmoxEvents {
  'job.completed': JobEvent<'job.completed', CompletedJob>;
  'job.failed': JobEvent<'job.failed', FailedJob>;
  'job.cancelled': JobEvent<'job.cancelled', CancelledJob>;
  'job.processing': JobEvent<'job.processing', ProcessingJob>;
  'job.pending': JobEvent<'job.pending', PendingJob>;
}

/** The event of a name; of several names (default: of all), their union. With the `job` of a `dto`. */
export type ArmoxEvent<
  Name extends ArmoxEventName = ArmoxEventName,
  Job extends object = never,
> = WithDto<ArmoxEvents[Name], 'job', Job>;

/**
 * Any event, also one whose name or status is not documented; `job` is missing only in those. With the `job`
 * of a `dto`, which is always there.
 */
export type AnyArmoxEvent<Job extends object = never> = WithDto<
  { readonly event: string; readonly job?: ArmoxJob<string> },
  'job',
  Job
>;

/** Narrows what a catch-all handler gets. */
export function isArmoxEvent<Name extends ArmoxEventName>(
  event: AnyArmoxEvent,
  name: Name,
): event is AnyArmoxEvent & ArmoxEvent<Name> {
  return event.event === name;
}
