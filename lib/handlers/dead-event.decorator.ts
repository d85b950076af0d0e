import 'reflect-metadata';
import type { DeadEvent } from '../core/index.js';

/** A string, so that the ES module and the CommonJS copy of the package read each other's marks. */
const DEAD_EVENT_METADATA = 'armox-armalo:dead-event';

/**
 * Calls the method with each event that this process has ended as dead, after that is committed; for
 * paging and error trackers. At most once for one death, and not where the process dies in between:
 * `counts()` of the inbox is what is always right. What it throws is logged and changes nothing.
 */
export function OnDeadEvent() {
  return <Method extends (event: DeadEvent) => unknown>(
    target: object,
    key: string | symbol,
    _descriptor: TypedPropertyDescriptor<Method>,
  ): void => Reflect.defineMetadata(DEAD_EVENT_METADATA, true, target, key);
}

/** The marked methods of a class, inherited ones included. */
export function deadEventMethods(prototype: object): readonly (string | symbol)[] {
  const keys = new Set<string | symbol>();
  for (
    let level: object | null = prototype;
    level !== null && level !== Object.prototype;
    level = Object.getPrototypeOf(level) as object | null
  ) {
    for (const key of Reflect.ownKeys(level)) keys.add(key);
  }
  return [...keys].filter((key) => Reflect.hasMetadata(DEAD_EVENT_METADATA, prototype, key));
}
