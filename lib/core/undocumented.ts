declare const UNDOCUMENTED: unique symbol;

/** An event name that this version of the package does not list. */
export type UndocumentedEventName = string & { readonly [UNDOCUMENTED]: true };

/**
 * Lets a handler subscribe by name to an event that the service has added since this version of the
 * package: `@OnArmaloEvent(undocumentedEvent('pact.renewed'))`. The handler gets the event as a catch-all
 * one does, with its payload unchecked.
 */
export function undocumentedEvent(name: string): UndocumentedEventName {
  return name as UndocumentedEventName;
}

/**
 * A field that the types do not list, since the service does not document it; undefined where it is
 * absent. Fields are not checked and may go again.
 */
export function undocumentedField(object: object, field: string): unknown {
  return Object.hasOwn(object, field) ? Reflect.get(object, field) : undefined;
}
