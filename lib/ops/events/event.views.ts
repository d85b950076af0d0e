import type { EventDetails, EventSummary, StoredAttempt } from '../../inbox/index.js';
import type { AttemptView, EventRowView } from '../api.types.js';
import { firstLine } from './first.line.js';
import { printJson } from './json.printer.js';

const LONGEST_EXCERPT = 200;

export function rowView(event: EventSummary): EventRowView {
  const { id, eventId, source, account, name, state, reason, attempts } = event;
  const { receivedAt, dueAt, finishedAt, lastError } = event;
  const error = lastError === null ? null : firstLine(lastError, LONGEST_EXCERPT);
  return {
    id,
    eventId,
    source,
    account,
    name,
    state,
    reason,
    error,
    attempts,
    receivedAt,
    dueAt,
    finishedAt,
  };
}

export function attemptView({
  attempt,
  handler,
  error,
  at,
  duration,
  release,
}: StoredAttempt): AttemptView {
  return { attempt, handler, error, at, duration, release };
}

/** Of a payload so many bytes are shown; its download has all of them. */
const MOST_SHOWN = 100_000;

/** The stored bytes for people; what is no UTF-8 is shown as well as it can be. */
export function shownPayload(body: Buffer, mask: ReadonlySet<string>): string {
  const text = payloadText(body.subarray(0, MOST_SHOWN), mask);
  const left = body.length - MOST_SHOWN;
  return left > 0 ? `${text}\n… and ${left.toLocaleString('en-US')} bytes more` : text;
}

export const payloadText = (body: Buffer, mask: ReadonlySet<string>): string =>
  printJson(body.toString('utf8'), mask);

/** The delivery again, for a shell, without the signature that it would need. */
export function curlOf({ source, body }: EventDetails, mask: ReadonlySet<string>): string | null {
  if (body === null || body.length > MOST_SHOWN) return null;
  const quoted = payloadText(body, mask).replaceAll("'", String.raw`'\''`);
  return [
    `curl -X POST "$APP/webhooks/${source}"`,
    "-H 'Content-Type: application/json'",
    `--data '${quoted}'`,
  ].join(' \\\n  ');
}
