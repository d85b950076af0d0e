import type { ServerResponse } from 'node:http';
import { diagnose, isDiagnosed, systemTimers, type Timers } from '../../core/index.js';

/** Tells, where somebody listens, how long the answer to a request took that has just come in. */
export function timeAnswer(
  source: string | undefined,
  response: ServerResponse,
  timers: Pick<Timers, 'now'> = systemTimers,
): void {
  if (source === undefined || !isDiagnosed('answered')) return;
  const began = timers.now();
  response.once('finish', () =>
    diagnose('answered', () => ({
      source,
      status: response.statusCode,
      duration: timers.now() - began,
    })),
  );
}
