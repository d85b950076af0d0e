import { EventHandlerError } from '../core/index.js';
import { ownHandlerMetadata, type HandlerMetadata } from './handler.metadata.js';
import type { HandlerOptions } from './handler.options.js';

/** All that the decorators on one method say about one source. */
export interface DecoratedMethod {
  readonly key: string | symbol;
  readonly source: string;
  /** Of the source's events, that a `dto` stands for. */
  readonly field: string;
  readonly patterns: readonly string[];
  readonly options: HandlerOptions<object>;
}

/**
 * The decorated methods of a class, inherited ones included. The most derived method that carries
 * marks decides for its name: an override without a decorator is still the handler that its base
 * declared, one with decorators of its own replaces what the base said.
 * No getter is invoked, as Nest users keep lazy and throwing getters on their providers.
 */
export function decoratedMethods(prototype: object): readonly DecoratedMethod[] {
  const found = new Map<string | symbol, readonly DecoratedMethod[]>();
  for (const level of prototypeChain(prototype)) {
    assertNoStaticHandler(level);
    for (const key of Reflect.ownKeys(level)) {
      if (found.has(key)) continue;
      const marks = ownHandlerMetadata(level, key);
      if (marks.length === 0) continue;
      assertIsMethod(prototype, key);
      found.set(key, perSource(prototype, key, marks));
    }
  }
  return [...found.values()].flat();
}

/** `TrustHandlers.freeze`, for names and messages. */
export function methodPlace(prototype: object, key: string | symbol): string {
  return `${classOf(prototype)?.name ?? ''}.${String(key)}`;
}

export function classOf(prototype: object): { readonly name: string } | undefined {
  const value: unknown = Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value;
  return typeof value === 'function' ? value : undefined;
}

/** The prototype and those that it inherits from, without the language's own. */
export function prototypeChain(prototype: object): readonly object[] {
  const levels: object[] = [];
  for (
    let level: object | null = prototype;
    level !== null && level !== Object.prototype && level !== Function.prototype;
    level = Object.getPrototypeOf(level) as object | null
  ) {
    levels.push(level);
  }
  return levels;
}

/** Decorators that stack on one method make one handler, which runs once, whichever pattern fits. */
function perSource(
  prototype: object,
  key: string | symbol,
  marks: readonly HandlerMetadata[],
): readonly DecoratedMethod[] {
  const sources = [...new Set(marks.map((mark) => mark.source))];
  return sources.map((source) => {
    const own = marks.filter((mark) => mark.source === source);
    assertOneDto(own, methodPlace(prototype, key));
    return {
      key,
      source,
      field: own[0]?.field ?? '',
      patterns: [...new Set(own.flatMap((mark) => mark.patterns))],
      options: own.reduce<HandlerOptions<object>>(
        (merged, mark) => mergeOptions(merged, mark.options, methodPlace(prototype, key)),
        {},
      ),
    };
  });
}

function mergeOptions(
  before: HandlerOptions<object>,
  added: HandlerOptions<object>,
  place: string,
): HandlerOptions<object> {
  for (const option of Object.keys(added) as (keyof HandlerOptions)[]) {
    if (before[option] === undefined || before[option] === added[option]) continue;
    throw new EventHandlerError(
      `The decorators of ${place} give the option \`${option}\` twice with different values. ` +
        'Stacked decorators make one handler: give its options on one of them.',
    );
  }
  return { ...before, ...added };
}

/** The compiler takes the parameter's type from each decorator, so each has to say the same. */
function assertOneDto(marks: readonly HandlerMetadata[], place: string): void {
  const [first, ...more] = marks.map(({ options }) => options.dto);
  if (more.every((dto) => dto === first)) return;
  throw new EventHandlerError(
    `The decorators of ${place} do not all give the option \`dto\` the same class. Stacked decorators make ` +
      'one handler, which gets one kind of event: give each of them the same `dto`.',
  );
}

function assertIsMethod(prototype: object, key: string | symbol): void {
  const level = prototypeChain(prototype).find((candidate) => Object.hasOwn(candidate, key));
  const descriptor = level && Object.getOwnPropertyDescriptor(level, key);
  if (typeof descriptor?.value === 'function') return;
  throw new EventHandlerError(
    `${methodPlace(prototype, key)} carries an event decorator but is not a method, so it cannot be ` +
      'called with events. Put the decorator on a method.',
  );
}

function assertNoStaticHandler(prototype: object): void {
  const constructor = classOf(prototype);
  if (!constructor) return;
  for (const key of Reflect.ownKeys(constructor)) {
    if (ownHandlerMetadata(constructor, key).length === 0) continue;
    throw new EventHandlerError(
      `${methodPlace(prototype, key)} is static, and Nest makes no instance of it to call. ` +
        'Put the event decorator on an instance method.',
    );
  }
}
