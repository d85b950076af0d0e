import { cutText, LONGEST_ERROR } from '../../core/index.js';

/** Longest texts, in bytes. */
const LONGEST_MESSAGE = 1_000;
const LONGEST_THROWN_TEXT = 300;
const FRAMES = 5;
const CAUSES = 5;
/** Of a package, of Node, or of the language itself: between them the application's own would be lost. */
const FOREIGN_FRAME = /[\\/]node_modules[\\/]|[ (]node:|<anonymous>\)?$/;

/**
 * What is kept of an error: class, message, its first frame and those of the application, and the same
 * of its causes. A thrown text is kept as a message is; of any other thrown value only its type is
 * told, as it may be anything, the payload included.
 */
export function errorText(error: unknown): string {
  try {
    const parts = causeChain(error).map(
      (link, depth) => `${depth === 0 ? '' : 'caused by '}${headline(link)}${frames(link)}`,
    );
    return cutText(parts.join('\n'), LONGEST_ERROR);
  } catch {
    // A getter of the error threw. What could not be read must not stop the event's settling.
    return 'An error that could not be read.';
  }
}

/** One line: class and message. */
export function errorHeadline(error: unknown): string {
  try {
    return headline(error);
  } catch {
    return 'An error that could not be read.';
  }
}

/** By code and not by class: an application may load both copies of the package. */
export function hasCode(error: unknown, code: string): boolean {
  try {
    return typeof error === 'object' && error !== null && Reflect.get(error, 'code') === code;
  } catch {
    return false;
  }
}

function causeChain(error: unknown): readonly unknown[] {
  const chain: unknown[] = [error];
  for (
    let link = error;
    link instanceof Error && link.cause !== undefined && chain.length < CAUSES;
    link = link.cause
  ) {
    if (chain.includes(link.cause)) break;
    chain.push(link.cause);
  }
  return chain;
}

function headline(error: unknown): string {
  if (typeof error === 'string') return `A thrown text: ${oneLine(error, LONGEST_THROWN_TEXT)}`;
  if (!isErrorLike(error)) {
    return `A thrown ${error === null ? 'null' : typeof error} that is no Error.`;
  }
  const name = String(error.name || 'Error');
  return oneLine(`${name}: ${String(error.message)}`, LONGEST_MESSAGE);
}

function frames(error: unknown): string {
  if (!isErrorLike(error) || typeof error.stack !== 'string') return '';
  const lines = error.stack.split('\n').filter((line) => /^\s+at /.test(line));
  return lines
    .filter((line, at) => at === 0 || !FOREIGN_FRAME.test(line))
    .slice(0, FRAMES)
    .map((line) => `\n${line}`)
    .join('');
}

function isErrorLike(value: unknown): value is Error {
  // Errors of another realm (a vm context, Jest) are no instances of this one's Error.
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
}

function oneLine(text: string, longest: number): string {
  return cutText(text.replaceAll(/[\s\p{Cc}]+/gu, ' '), longest);
}
