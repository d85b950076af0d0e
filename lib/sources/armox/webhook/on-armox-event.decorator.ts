import { createEventDecorator } from '../../../handlers/index.js';
import type { AnyArmoxEvent, ArmoxEvents } from './armox.events.js';

/**
 * Marks a method of a provider or controller as a handler of Armox's events: one name, a list, the
 * family `'job.*'`, or nothing for all.
 */
export const OnArmoxEvent = createEventDecorator<ArmoxEvents, AnyArmoxEvent, 'job'>('armox', 'job');
