import {
  Aborter,
  EventHandlerTimeoutError,
  type Abortable,
  type Timers,
} from '../../core/index.js';
import { HANDLER_RULES, type RegisteredHandler } from '../../handlers/index.js';

export const timeoutOf = ({ options }: RegisteredHandler): number =>
  options.timeout ?? HANDLER_RULES.timeout.default;

/** Aborts when a handler's timeout is over, or with the signal of its row. */
export class Deadline {
  private readonly aborter = new Aborter();
  private readonly cancel: () => void;
  private readonly onAbort: () => void;

  constructor(
    handler: RegisteredHandler,
    private readonly row: Abortable,
    timers: Timers,
    overdue: typeof timedOut = timedOut,
  ) {
    const timeout = timeoutOf(handler);
    this.onAbort = () => this.aborter.abort(row.reason as Error);
    this.cancel = timers.after(timeout, () => this.aborter.abort(overdue(handler, timeout)));
    if (row.aborted) this.onAbort();
    else row.addEventListener('abort', this.onAbort);
  }

  get signal(): Abortable {
    return this.aborter;
  }

  /** It does not abort any more. */
  end(): void {
    this.cancel();
    this.row.removeEventListener('abort', this.onAbort);
  }
}

export function timedOut({ name }: RegisteredHandler, timeout: number): EventHandlerTimeoutError {
  return new EventHandlerTimeoutError(
    `${name} did not end within ${timeout} ms, so this attempt has failed. Pass context.signal on to what ` +
      'it waits for, or give it a longer `timeout`.',
  );
}

export function rulesTimedOut(
  { name }: RegisteredHandler,
  timeout: number,
): EventHandlerTimeoutError {
  return new EventHandlerTimeoutError(
    `The rules of the \`dto\` of ${name} did not end within ${timeout} ms, so it was not run and this attempt ` +
      'has failed. Look at what its asynchronous rules wait for, or give it a longer `timeout`.',
  );
}
