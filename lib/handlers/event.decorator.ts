import type { HandlerContext } from './handler-context.js';
import type { HandlerOptions } from './handler.options.js';
import { addHandlerMetadata } from './handler.metadata.js';

/** Event names of a source, each with the object that its handlers get. */
export type EventMap = object;

type Name<Events extends EventMap> = Extract<keyof Events, string>;

/** Every dotted beginning of a name: `'agent.score.changed'` gives `'agent' | 'agent.score'`. */
type Prefix<N extends string> = N extends `${infer Head}.${infer Rest}`
  ? Head | (Prefix<Rest> extends never ? never : `${Head}.${Prefix<Rest>}`)
  : never;

/** A family of names, such as `'escrow.*'`. */
export type Family<Events extends EventMap> = `${Prefix<Name<Events>>}.*`;

/** What a decorator takes: a name, or a family of names. */
export type EventPattern<Events extends EventMap> = Name<Events> | Family<Events>;

/** The event objects that a pattern stands for. */
export type EventOf<Events extends EventMap, P> =
  P extends Name<Events>
    ? Events[P]
    : P extends `${infer Head}.*`
      ? Events[Extract<Name<Events>, `${Head}.${string}`>]
      : never;

/** Fits a method only if it takes the event (or something wider) and, perhaps, the context. */
export type HandlerMethodDecorator<Event> = <
  Method extends (event: Event, context: HandlerContext) => unknown,
>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

/** A decorator such as `OnArmaloEvent`. */
export interface EventDecorator<Events extends EventMap, Any> {
  /** One name, a family such as `'escrow.*'`, or a list of them. */
  <const P extends EventPattern<Events>>(
    pattern: P | readonly P[],
    options?: HandlerOptions,
  ): HandlerMethodDecorator<EventOf<Events, P>>;
  /** Every event of the source, also those whose names are not documented. */
  (options?: HandlerOptions): HandlerMethodDecorator<Any>;
}

/**
 * Makes the handler decorator of a source. A misspelt name, or a method whose parameter is not the
 * event of that name, does not compile.
 */
export function createEventDecorator<Events extends EventMap, Any>(
  source: string,
): EventDecorator<Events, Any> {
  return (first?: string | readonly string[] | HandlerOptions, second?: HandlerOptions) => {
    const named = typeof first === 'string' || Array.isArray(first);
    const patterns = named ? [first as string | readonly string[]].flat() : ['*'];
    const options = (named ? second : (first as HandlerOptions | undefined)) ?? {};
    return (target: object, key: string | symbol) =>
      addHandlerMetadata(target, key, { source, patterns, options });
  };
}
