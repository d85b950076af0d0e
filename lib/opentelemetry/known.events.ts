import type { ConfiguredSource } from '../core/index.js';
import type { HandlerRegistry } from '../handlers/index.js';

/** Stands for every name that this application does not know. */
export const UNKNOWN_EVENT = '_other';

/** The event names of one application that may become values of an attribute. A sender can make up others without end. */
export class KnownEvents {
  private readonly documented: ReadonlyMap<string, ReadonlySet<string>>;

  constructor(
    sources: readonly Pick<ConfiguredSource, 'source'>[],
    private readonly handlers: Pick<HandlerRegistry, 'handlersFor'>,
  ) {
    this.documented = new Map(
      sources.map(({ source: { name, eventNames } }) => [name, new Set(eventNames)]),
    );
  }

  /** Whether the service documents it, or a handler names it in full. */
  has(source: string, name: string): boolean {
    if (this.documented.get(source)?.has(name)) return true;
    return this.handlers.handlersFor(source, name).some(({ patterns }) => patterns.includes(name));
  }
}
