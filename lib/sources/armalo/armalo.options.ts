import type { ApiOptions } from '../../api-client/index.js';
import type { SourceOptions } from '../../source-definition/index.js';
import type { ArmaloEventName } from './armalo.constants.js';
import type { AnyArmaloEvent } from './webhook/armalo.events.js';

export interface ArmaloOptions extends SourceOptions<ArmaloEventName, AnyArmaloEvent>, ApiOptions {
  /** Ids of agents whose scores and evaluations the poller looks at; more by `ArmaloWatch.watch`. */
  readonly watch?: readonly string[];
}
