import { createEventDecorator } from '../../../handlers/index.js';
import type { AnyArmaloEvent, ArmaloEvents } from './armalo.events.js';

/**
 * Marks a method of a provider or controller as a handler of Armalo's events: one name, a list, a
 * family such as `'escrow.*'`, or nothing for all.
 */
export const OnArmaloEvent = createEventDecorator<ArmaloEvents, AnyArmaloEvent, 'data'>(
  'armalo',
  'data',
);
