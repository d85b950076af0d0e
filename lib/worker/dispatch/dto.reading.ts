import { untilAborted, type Abortable, type Timers } from '../../core/index.js';
import type { DtoReading, RegisteredHandler } from '../../handlers/index.js';
import { Deadline, rulesTimedOut } from './deadline.js';

/**
 * The event for its handler, an instance of the handler's `dto` in it where it has one. Before the transaction: a rule
 * that asks the database must not wait for the connection of its own handler.
 * @throws what a rule throws, EventHandlerTimeoutError, or the signal's reason
 */
export async function dtoReading(
  handler: RegisteredHandler,
  payload: object,
  signal: Abortable,
  timers: Timers,
): Promise<DtoReading> {
  const { withDto } = handler;
  if (!withDto) return { event: payload };
  const deadline = new Deadline(handler, signal, timers, rulesTimedOut);
  try {
    return await untilAborted(withDto(payload), deadline.signal);
  } finally {
    deadline.end();
  }
}
