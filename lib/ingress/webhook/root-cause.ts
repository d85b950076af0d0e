import { cutText } from '../../core/index.js';

/** What a driver's or a socket's error has in common with others. */
interface Failure {
  readonly message: string;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

/** By shape: native drivers make their errors in another realm (Jest), where `instanceof` says no. */
const isFailure = (value: unknown): value is Failure =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as { message?: unknown }).message === 'string';

const LONGEST_CHAIN = 10;
const LONGEST_TEXT = 300;

export interface RootCause {
  /** The driver's or the system's code, e.g. `ECONNREFUSED`; else the class of the error. */
  readonly code: string;
  /** Its message in one line, without what it quotes: databases quote the values they refuse. */
  readonly text: string;
}

/** What is behind an error, for a log; undefined where it has no cause. */
export function rootCauseOf(error: Error): RootCause | undefined {
  let failure: unknown = error.cause;
  let found: RootCause | undefined;
  for (let depth = 0; depth < LONGEST_CHAIN && isFailure(failure); depth += 1) {
    found = {
      code: codeOf(failure) ?? found?.code ?? 'Error',
      text: cutText(withoutQuotes(failure.message), LONGEST_TEXT),
    };
    failure = failure.cause ?? failure.errors?.[0];
  }
  return found;
}

const codeOf = ({ code }: Failure): string | undefined =>
  typeof code === 'string' || typeof code === 'number' ? String(code) : undefined;

const withoutQuotes = (message: string): string =>
  message
    .replace(/["'`].*["'`]/s, '…')
    .replace(/\s+/g, ' ')
    .trim();
