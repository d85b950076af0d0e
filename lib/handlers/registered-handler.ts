import type { DtoReading } from './event.dto.js';
import type { HandlerContext } from './handler-context.js';
import type { HandlerOptions } from './handler.options.js';

/** A decorated method, ready to be called. */
export interface RegisteredHandler {
  /** Stable name, unique among the handlers of one source: `TrustHandlers.freeze`. */
  readonly name: string;
  readonly source: string;
  readonly patterns: readonly string[];
  readonly options: HandlerOptions<object>;
  /**
   * Puts an instance of its `dto` into a plain event, which is nobody else's. Absent where it has none.
   * @throws what a rule of the class throws
   */
  readonly withDto?: (event: object) => Promise<DtoReading>;
  /** Calls the method; a request-scoped provider is made afresh each time. */
  invoke(event: unknown, context: HandlerContext): Promise<void>;
}
