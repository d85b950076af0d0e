import { Logger } from '@nestjs/common';
import { NotTransactionalError } from '../core/index.js';
import type { HandlerContext } from '../handlers/index.js';

/**
 * A context for calling a handler's method in a unit test, without an application. What is not given has
 * a plain value: account `''`, attempt 1, origin `webhook`, no dry run, a signal that never aborts. `manager`
 * throws as it does in a handler that is not transactional, unless one is given.
 */
export function handlerContext(given: Partial<HandlerContext> = {}): HandlerContext {
  const context = {
    eventId: 'event_1',
    source: 'armalo',
    account: '',
    name: 'test',
    idempotencyKey: 'armalo::event_1:test',
    attempt: 1,
    origin: 'webhook' as const,
    receivedAt: new Date(0),
    dryRun: false,
    signal: new AbortController().signal,
    logger: new Logger('handler'),
    get manager(): never {
      throw new NotTransactionalError(
        'The handler reads context.manager: give the test `handlerContext({ manager })`.',
      );
    },
  };
  return Object.defineProperties(context, Object.getOwnPropertyDescriptors(given));
}
