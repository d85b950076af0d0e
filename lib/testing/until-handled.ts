import type { INestApplicationContext } from '@nestjs/common';
import { INBOX_STORE, systemTimers } from '../core/index.js';
import type { OperatorStore, StoredEvent } from '../inbox/index.js';

const LOOK_EVERY_MS = 10;
/** Below the five seconds after which Jest and Vitest end a test without a reason. */
const DEFAULT_TIMEOUT_MS = 4_000;
const FINAL: ReadonlySet<StoredEvent['state']> = new Set(['done', 'ignored', 'dead']);

/**
 * Waits until nothing will be done with an event any more: it is `done`, `ignored` or `dead`.
 * @param eventId the `id` that the delivery was answered with
 * @param options `timeout` in milliseconds, default 4,000
 * @returns the event; look at its `state`, `reason` and `lastError`
 * @throws an Error that tells how far it came: that it is not stored, or why its last attempt failed
 */
export async function untilHandled(
  app: INestApplicationContext,
  eventId: string,
  { timeout = DEFAULT_TIMEOUT_MS }: { readonly timeout?: number } = {},
): Promise<StoredEvent> {
  const store = app.get<OperatorStore>(INBOX_STORE, { strict: false });
  const until = systemTimers.now() + timeout;
  for (;;) {
    const event = await store.find({ eventId });
    if (event && FINAL.has(event.state)) return event;
    if (systemTimers.now() > until) throw new Error(soFar(eventId, event, timeout));
    await systemTimers.sleep(LOOK_EVERY_MS);
  }
}

function soFar(eventId: string, event: StoredEvent | undefined, timeout: number): string {
  if (!event) return `No event with the id "${eventId}" was stored within ${timeout} ms.`;
  const { source, name, state, attempts, lastError } = event;
  const reached = `${source} ${name} (${eventId}) is ${state} after ${timeout} ms`;
  if (lastError === null) return `${reached}, in its attempt ${attempts}.`;
  return `${reached} and waits to be tried again. Attempt ${attempts} failed: ${lastError}`;
}
