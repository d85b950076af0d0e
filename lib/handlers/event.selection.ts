import type { PayloadClass, UndocumentedEventName } from '../core/index.js';
import type { HandlerOptions } from './handler.options.js';

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

/** What a decorator takes first: one name or family, a list of them, or (for every event) its options. */
type Selection<Events extends EventMap> =
  | EventPattern<Events>
  | UndocumentedEventName
  | readonly (EventPattern<Events> | UndocumentedEventName)[]
  | HandlerOptions<object>;

/** The longest beginning of `Text` that some name has too. */
type Beginning<
  N extends string,
  Text extends string,
  Same extends string = '',
> = Text extends `${infer Next}${infer Rest}`
  ? [Extract<N, `${Same}${Next}${string}`>] extends [never]
    ? Same
    : Beginning<N, Rest, `${Same}${Next}`>
  : Same;

type IsOne<N, All = N> = N extends N ? ([All] extends [N] ? true : false) : never;

type Suggestion<N extends string, Same extends string> = Same extends ''
  ? ''
  : IsOne<Extract<N, `${Same}${string}`>> extends true
    ? `; did you mean '${Extract<N, `${Same}${string}`>}'?`
    : `; those that are most like it begin with '${Same}'`;

/** What the compiler shows as the expected type, instead of a wall of all names. */
type Misspelt<Events extends EventMap, Text> =
  Text extends EventPattern<Events>
    ? never
    : Text extends string
      ? `'${Text}' is no documented event${Suggestion<EventPattern<Events>, Beginning<EventPattern<Events>, Text>>}`
      : never;

/** `S` where it is a selection, else what is wrong with it. */
export type Checked<Events extends EventMap, S> =
  S extends Selection<Events>
    ? S
    : S extends readonly (infer Each)[]
      ? readonly (EventPattern<Events> | Misspelt<Events, Each>)[]
      : Misspelt<Events, S>;

/** The event objects that the selection stands for. */
export type Selected<Events extends EventMap, Any, S> = S extends UndocumentedEventName
  ? Any
  : S extends string
    ? EventOf<Events, S>
    : S extends readonly (infer Each)[]
      ? Selected<Events, Any, Each>
      : Any;

/** The class of the options that stand in the place of a selection, or else those behind it. */
export type DtoOf<S, Behind> = S extends { readonly dto: PayloadClass<infer Dto> } ? Dto : Behind;

/** The event with an instance of a `dto` in the place of its field; as it is for `never`. */
export type WithDto<Event, Field extends string, Dto> = [Dto] extends [never]
  ? Event
  : Event extends unknown
    ? Omit<Event, Field> & { readonly [Name in Field]: Dto }
    : never;
