import type { Checked, DtoOf, EventMap, Selected, WithDto } from './event.selection.js';
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
export type EventDecorator<Events extends EventMap, Any, Field extends string> = <
  const S extends string | readonly string[] | HandlerOptions<object> = HandlerOptions,
  Dto extends object = never,
>(
  /**
   * One name, a family such as `'escrow.*'`, or a list of them; `undocumentedEvent(…)` for a name that this
   * version does not list. Without one, every event of the source, also those.
   */
  selection?: Checked<Events, S>,
  options?: S extends string | readonly string[] ? HandlerOptions<Dto> : undefined,
) => HandlerMethodDecorator<WithDto<Selected<Events, Any, S>, Field, DtoOf<S, Dto>>>;

/**
 * Makes the handler decorator of a source. A misspelt name, or a method whose parameter is not the
 * event of that name, does not compile.
 * @param field of its events that the option `dto` stands for, such as `data`
 */
export function createEventDecorator<Events extends EventMap, Any, Field extends string>(
  source: string,
  field: Field,
): EventDecorator<Events, Any, Field> {
  return (selection, options) => {
    const given: unknown = selection;
    const named = typeof given === 'string' || Array.isArray(given);
    const metadata = {
      source,
      field,
      patterns: named ? [given as string | readonly string[]].flat() : ['*'],
      options: (named ? options : (given as HandlerOptions<object> | undefined)) ?? {},
    };
    return (target: object, key: string | symbol) => addHandlerMetadata(target, key, metadata);
  };
}
