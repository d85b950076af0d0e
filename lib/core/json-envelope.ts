import { EnvelopeUnreadableError } from './errors.js';
import { isPlainText } from './plain-text.js';

export type JsonObject = { [key: string]: unknown };

/** A signed body's outermost object, with the one field that every source's envelope has. */
export type JsonEnvelope = JsonObject & { readonly event: string };

/** Longest event name that is kept, in UTF-16 units; the documented ones stay below 30. */
const LONGEST_NAME = 200;

/** Drops a byte order mark; refuses bytes that are no UTF-8, which would otherwise change unseen. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a JSON object with an event name from the bytes.
 * @throws EnvelopeUnreadableError
 */
export function readJsonEnvelope(body: Buffer): JsonEnvelope {
  const value = parse(body);
  if (!isJsonObject(value)) {
    throw unreadable('is JSON, but no object');
  }
  if (!isPlainText(value['event'], LONGEST_NAME)) {
    throw unreadable(`has no \`event\` of 1 to ${LONGEST_NAME} printable characters`);
  }
  return value as JsonEnvelope;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The error for a signed body that cannot be an event; `what` must not quote the body. */
export function unreadable(what: string, cause?: unknown): EnvelopeUnreadableError {
  return new EnvelopeUnreadableError(
    `The signed body ${what}, so it names no event and is not kept. Look at what the sender posts to this path.`,
    cause === undefined ? undefined : { cause },
  );
}

function parse(body: Buffer): unknown {
  let text: string;
  try {
    text = utf8.decode(body);
  } catch {
    throw unreadable('is not valid UTF-8');
  }
  try {
    return JSON.parse(text, mayNamePrototype(text) ? dropPrototype : undefined);
  } catch (error) {
    // The parser's own message quotes the body, so it is not kept as the cause.
    throw unreadable(error instanceof SyntaxError ? 'is not JSON' : 'is nested too deeply');
  }
}

/** The key may hide behind escapes (`__\u0070roto__`); walking every body would be slow. */
function mayNamePrototype(text: string): boolean {
  return text.includes('__proto__') || text.includes('\\u00');
}

/** `__proto__` as a key turns into the prototype of whatever the object is copied to. */
function dropPrototype(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}
