import { createHash } from 'node:crypto';
import { ConfigurationError } from './errors.js';
import { isPlainText } from './plain-text.js';

/** Longest event id and ordering key, in UTF-16 units. */
export const LONGEST_ID = 500;

/** What an application may decide about the events of a source. */
export interface SourceOptions<Event> {
  /**
   * What makes an event the same one: a text of 1 to 500 characters, from fields that a redelivery
   * repeats and the poller sees too. Replaces the source's own identity. Not asked for events whose
   * payload is not of its documented shape.
   */
  readonly identify?: ((event: Event) => string) | undefined;
  /**
   * Events with the same key are handled one at a time, in order of arrival; undefined = unordered.
   * A text of up to 500 characters.
   */
  readonly orderBy?: ((event: Event) => string | undefined) | undefined;
}

/** The identity of an event that carries none: the bytes, so that a redelivery of them is the same. */
export function bodyIdentity(name: string, body: Buffer): string {
  return `${name}:${createHash('sha256').update(body).digest('hex')}`;
}

/** Asks the application, where it decides, and checks its answers. */
export function identityOf<Event>(
  source: string,
  options: SourceOptions<Event>,
  event: Event,
  ownIdentity: string,
): { id: string; orderKey?: string } {
  const id = options.identify ? ask(source, 'identify', options.identify, event) : ownIdentity;
  if (!isPlainText(id, LONGEST_ID)) throw wrongAnswer(source, 'identify');
  const orderKey = options.orderBy && ask(source, 'orderBy', options.orderBy, event);
  if (orderKey === undefined || orderKey === null || orderKey === '') return { id };
  if (!isPlainText(orderKey, LONGEST_ID)) throw wrongAnswer(source, 'orderBy');
  return { id, orderKey };
}

function ask<Event>(
  source: string,
  option: string,
  answer: (event: Event) => unknown,
  event: Event,
): unknown {
  try {
    return answer(event);
  } catch (cause) {
    throw new ConfigurationError(
      `${source}.${option}`,
      'the function threw, so the event could not be stored. Make it answer for every event.',
      { cause },
    );
  }
}

function wrongAnswer(source: string, option: string): ConfigurationError {
  return new ConfigurationError(
    `${source}.${option}`,
    `the function must return a text of 1 to ${LONGEST_ID} characters without control characters${option === 'orderBy' ? ', or undefined' : ''}; the event was not stored.`,
  );
}
