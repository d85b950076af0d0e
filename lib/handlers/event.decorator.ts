import type { Checked, EventMap, Selected } from './event.selection.js';
import type { HandlerContext } from './handler-context.js';
import type { HandlerOptions } from './handler.options.js';
import { addHandlerMetadata } from './handler.metadata.js';

/** Fits a method only if it takes the event (or something wider) and, perhaps, the context. */
export type HandlerMethodDecorator<Event> = <
  Method extends (event: Event, context: HandlerContext) => unknown,
>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

/** A decorator such as `OnArmaloEvent`. */
export type EventDecorator<Events extends EventMap, Any> = <
  const S extends string | readonly string[] | HandlerOptions = HandlerOptions,
>(
  /**
   * One name, a family such as `'escrow.*'`, or a list of them; `undocumentedEvent(…)` for a name that this
   * version does not list. Without one, every event of the source, also those.
   */
  selection?: Checked<Events, S>,
  options?: S extends string | readonly string[] ? HandlerOptions : undefined,
) => HandlerMethodDecorator<Selected<Events, Any, S>>;

/**
 * Makes the handler decorator of a source. A misspelt name, or a method whose parameter is not the
 * event of that name, does not compile.
 */
export function createEventDecorator<Events extends EventMap, Any>(
  source: string,
): EventDecorator<Events, Any> {
  return (selection, options) => {
    const given: unknown = selection;
    const named = typeof given === 'string' || Array.isArray(given);
    const metadata = {
      source,
      patterns: named ? [given as string | readonly string[]].flat() : ['*'],
      options: (named ? options : (given as HandlerOptions | undefined)) ?? {},
    };
    return (target: object, key: string | symbol) => addHandlerMetadata(target, key, metadata);
  };
}
