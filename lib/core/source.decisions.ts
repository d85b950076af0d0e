import { Logger } from '@nestjs/common';
import { classAndPlace } from './class-and-place.js';
import { isPlainText } from './plain-text.js';

/** Longest event id and ordering key, in UTF-16 units. */
export const LONGEST_ID = 500;

/**
 * What an application may decide about the events of a source. Neither function is asked for events
 * whose payload is not of its documented shape, nor again for a stored one. A number is as good as its
 * text; one that throws, or gives anything else, keeps no event out: it is warned of, once a cause.
 */
export interface SourceDecisionOptions<Event> {
  /**
   * What makes an event the same one: a text of 1 to 500 characters, from fields that a redelivery
   * repeats and the poller sees too. Replaces the source's own identity, which an event gets where the
   * answer cannot be used.
   */
  readonly identify?: ((event: Event) => string | number) | undefined;
  /**
   * Events with the same key, a text of 1 to 500 characters, are handled one at a time, in order of
   * arrival; undefined = unordered, as where the answer cannot be used.
   */
  readonly orderingKey?: ((event: Event) => string | number | undefined) | undefined;
}

/** What is known of an event before the application is asked. */
export interface OwnDecision {
  readonly id: string;
  readonly orderKey?: string;
}

/** Asks the application, where it decides, and makes do with whatever it answers. */
export class SourceDecisions<Event> {
  private readonly logger = new Logger('ArmoxArmaloEvents');
  private readonly told = new Set<string>();

  constructor(
    private readonly source: string,
    private readonly options: SourceDecisionOptions<Event>,
  ) {}

  /** Identity and ordering key of a sound event; `own` says what they are where the application does not. */
  of(event: Event, own: OwnDecision): OwnDecision {
    const { identify, orderingKey: orderingKey } = this.options;
    const id =
      (identify && this.answer('identify', identify, event, "the source's own identity")) ?? own.id;
    const orderKey = orderingKey
      ? this.answer('orderingKey', orderingKey, event, 'no order')
      : own.orderKey;
    return orderKey === undefined ? { id } : { id, orderKey };
  }

  private answer(
    option: 'identify' | 'orderingKey',
    ask: (event: Event) => unknown,
    event: Event,
    instead: string,
  ): string | undefined {
    let given: unknown;
    try {
      given = ask(event);
    } catch (error) {
      this.tell(option, `threw ${classAndPlace(error)}`, instead);
      return undefined;
    }
    const text = typeof given === 'number' && Number.isFinite(given) ? String(given) : given;
    if (isPlainText(text, LONGEST_ID)) return text;
    const unordered = option === 'orderingKey' && (given === undefined || given === null);
    if (!unordered) this.tell(option, `gave ${kindOf(given)}`, instead);
    // A promise that nobody waits for would end the process when it is rejected.
    if (given instanceof Promise) given.catch(() => undefined);
    return undefined;
  }

  private tell(option: string, what: string, instead: string): void {
    const cause = `Option \`${this.source}.${option}\` ${what}`;
    if (this.told.has(cause)) return;
    this.told.add(cause);
    this.logger.warn(
      `${cause}, where a text of 1 to ${LONGEST_ID} characters or a number is needed. Its events are ` +
        `stored all the same, with ${instead}; this is told once. Make the function answer for every event.`,
    );
  }
}

/** By type alone: the value may be the payload's. */
function kindOf(value: unknown): string {
  if (value === '') return 'an empty text';
  if (typeof value === 'string') {
    return value.length > LONGEST_ID
      ? `a text of more than ${LONGEST_ID} characters`
      : 'a text with control characters';
  }
  if (typeof value === 'number') return String(value);
  if (value instanceof Promise) return 'a promise';
  if (value === undefined || value === null) return String(value);
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}
