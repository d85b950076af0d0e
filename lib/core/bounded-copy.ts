import { isJsonObject, type JsonObject } from './json-envelope.js';

/** class-transformer takes stack for every level. */
const DEEPEST_PAYLOAD = 100;
/** class-transformer looks for each key of an object among all of them, so its time grows by the square. */
const MOST_PAYLOAD_VALUES = 10_000;

/** Keys by which a payload would reach the class that is made of it, or its prototype. */
const UNSAFE_KEYS: ReadonlySet<string> = new Set(['constructor', '__proto__', 'prototype']);

interface Pending {
  readonly from: JsonObject;
  readonly to: JsonObject;
  readonly level: number;
}

/**
 * A copy of what a JSON object holds, without its unsafe keys, or why there is none: a payload may be signed
 * and still be nested deeper than the stack.
 */
export function boundedCopy(
  value: JsonObject,
): { readonly copy: JsonObject } | { readonly problem: string } {
  const copy: JsonObject = {};
  const left: Pending[] = [{ from: value, to: copy, level: 1 }];
  let values = 0;
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    const { from, to, level } = next;
    if (level > DEEPEST_PAYLOAD) {
      return { problem: `is nested deeper than ${DEEPEST_PAYLOAD} levels` };
    }
    const keys = Object.keys(from).filter((key) => !UNSAFE_KEYS.has(key));
    values += keys.length;
    if (values > MOST_PAYLOAD_VALUES) {
      return { problem: `holds more than ${MOST_PAYLOAD_VALUES.toLocaleString('en-US')} values` };
    }
    for (const key of keys) {
      const inner = emptyLike(from[key]);
      to[key] = inner ?? from[key];
      if (inner) left.push({ from: from[key] as JsonObject, to: inner, level: level + 1 });
    }
  }
  return { copy };
}

/** Lists are copied by their indexes, as objects are by their keys. */
function emptyLike(value: unknown): JsonObject | undefined {
  if (Array.isArray(value)) return [] as unknown as JsonObject;
  return isJsonObject(value) ? {} : undefined;
}
