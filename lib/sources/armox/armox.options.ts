import type { ApiOptions } from '../../api-client/index.js';
import type { SourceOptions } from '../../source-definition/index.js';
import type { ArmoxEventName } from './armox.constants.js';
import type { AnyArmoxEvent } from './webhook/armox.events.js';

export interface ArmoxOptions extends SourceOptions<ArmoxEventName, AnyArmoxEvent>, ApiOptions {
  /**
   * Let the poller look after jobs that Armox lists and `ArmoxJobs` has not started. Default false: the
   * list is the whole account's, of other applications too.
   */
  readonly adoptJobs?: boolean;
  /**
   * What becomes of an event of a job (`job.processing`) that comes, or is to be tried again, when one that
   * follows it (`job.completed`) is stored already. `'skip'`: its handlers do not run, and it ends `ignored`,
   * reason `stale`; and the events of a job run one at a time, unless `orderingKey` says something else. `'run'`:
   * they run for every event. Default `'skip'`; events that `identify` names run always, since the module
   * cannot tell how they follow each other.
   */
  readonly stale?: 'skip' | 'run' | undefined;
}
