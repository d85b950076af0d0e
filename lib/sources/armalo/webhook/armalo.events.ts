import type { WithDto } from '../../../handlers/index.js';
import type { ArmaloEventName } from '../armalo.constants.js';
import type { ArmaloEventData } from './event-data.js';
import type { ArmaloData } from './armalo-data.js';

/** Armalo's events, each with the object that its handlers get. */
export type ArmaloEvents = {
  readonly [Name in ArmaloEventName]: {
    readonly event: Name;
    /** ISO 8601, set by Armalo. */
    readonly timestamp: string;
    readonly data: ArmaloEventData[Name];
  };
};

/** The event of a name; of several names (default: of all), their union. With the `data` of a `dto`. */
export type ArmaloEvent<
  Name extends ArmaloEventName = ArmaloEventName,
  Data extends object = never,
> = WithDto<ArmaloEvents[Name], 'data', Data>;

/** Any event, also one whose name is not documented: those come as they are. */
export interface AnyArmaloEvent<Data extends object = ArmaloData> {
  readonly event: string;
  /** ISO 8601; missing only in events of undocumented names. */
  readonly timestamp?: string;
  /** Empty where an event of an undocumented name brings none. */
  readonly data: Data;
}

/** Narrows what a catch-all handler gets. */
export function isArmaloEvent<Name extends ArmaloEventName>(
  event: AnyArmaloEvent,
  name: Name,
): event is AnyArmaloEvent & ArmaloEvent<Name> {
  return event.event === name;
}
