import type { EventDetails, EventSummary } from '../../inbox/index.js';
import { firstLine } from './first.line.js';

export interface HeadlineFacts {
  readonly event: EventDetails;
  /** What it waits behind. */
  readonly ahead: EventSummary | undefined;
  /** Whether this process has a handler for events of that name. */
  readonly hasHandler: boolean;
}

/** Why an event is not done, or how it ended, in one sentence for whoever looks at it at night. */
export function headline(facts: HeadlineFacts): string {
  const { event, ahead, hasHandler } = facts;
  switch (event.state) {
    case 'done':
      return `Done: every handler has succeeded, after ${attempts(event)}.`;
    case 'ignored':
      return `Ignored: ${whyIgnored(event)}.`;
    case 'dead':
      return `Dead: ${whyDead(event)}.`;
    case 'running':
      return `Running now, its ${ordinal(event.attempts)} attempt.`;
    case 'waiting':
      return ahead
        ? `Waits behind event ${ahead.eventId} of the same ordering key, ${stateOf(ahead)}.`
        : 'Waits for its turn in its ordering key; nothing is before it, so it begins at the next look.';
    case 'open':
      return `Pending: ${whyPending(event, hasHandler)}.`;
  }
}

function whyPending(event: EventDetails, hasHandler: boolean): string {
  const due = `due at ${time(event.dueAt)}`;
  // A handler that asks for a later time uses no attempt.
  if (event.lastError !== null && event.attempts === 0) {
    return `put off by its handler; ${due}; it said: ${said(event.lastError)}`;
  }
  if (event.lastError !== null) {
    return `${attempts(event)} failed; ${due}; the last error was: ${said(event.lastError)}`;
  }
  if (!hasHandler) {
    return `${due}; this process has no handler for ${event.name}, so another one must run it, or it is ignored`;
  }
  return `${due}, and not begun yet`;
}

function whyIgnored({ name, reason }: EventDetails): string {
  if (reason === 'no-handler') return `there is no handler for ${name}`;
  if (reason === 'stale') return 'a newer event of the same ordering key was applied before it';
  if (reason === 'discarded') return 'an operator has discarded it';
  if (reason === 'reconciled') return 'what it tells was known already from the service itself';
  return reason ?? 'no reason was kept';
}

function whyDead(event: EventDetails): string {
  const { reason, lastError, stalledCount } = event;
  const detail = lastError === null ? '' : `: ${said(lastError)}`;
  if (reason === 'invalid-payload') return `its payload is not as documented${detail}`;
  if (reason === 'rejected') return `a handler has rejected it for good${detail}`;
  if (reason === 'attempts-used-up') return `${attempts(event)} failed, the last one with${detail}`;
  if (reason === 'killed-process') {
    return `the process died ${stalledCount} times while it ran this event and nothing else`;
  }
  return `${reason ?? 'no reason was kept'}${detail}`;
}

function stateOf(ahead: EventSummary): string {
  if (ahead.state === 'running') return 'which runs now';
  return ahead.lastError === null
    ? `which is due at ${time(ahead.dueAt)}`
    : `which failed ${attempts(ahead)} and is due again at ${time(ahead.dueAt)}: ${said(ahead.lastError)}`;
}

const attempts = ({ attempts: count }: Pick<EventSummary, 'attempts'>): string =>
  `${count} ${count === 1 ? 'attempt' : 'attempts'}`;

const time = (at: number): string =>
  new Date(at).toISOString().replace('T', ' ').replace('Z', ' UTC');

const LONGEST_LINE = 300;

/** As a part of a sentence. */
const said = (text: string): string => firstLine(text, LONGEST_LINE).replace(/[.\s]+$/, '');

function ordinal(count: number): string {
  const ten = count % 100 >= 11 && count % 100 <= 13;
  const ending = ten ? 'th' : (({ 1: 'st', 2: 'nd', 3: 'rd' } as const)[count % 10] ?? 'th');
  return `${count}${ending}`;
}
