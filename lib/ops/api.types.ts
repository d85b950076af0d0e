/*
 * What the operations API answers and takes, as JSON; the page has nothing else. Imports nothing, since the
 * page is compiled for browsers. Times are the database's, in epoch milliseconds; durations milliseconds.
 * Ids are texts: they may exceed what a number of JavaScript holds.
 */

/** `operate` may change events, `view` may only look. */
export type OpsRole = 'view' | 'operate';

export type EventStateView = 'open' | 'running' | 'waiting' | 'done' | 'ignored' | 'dead';

/** `GET session` */
export interface SessionView {
  readonly user: string;
  readonly role: OpsRole;
  /** Of the module. */
  readonly version: string;
  /** Of the application; null where it is not known. */
  readonly release: string | null;
  readonly sources: readonly string[];
  /** Stable names of the handlers of this process. */
  readonly handlers: readonly string[];
}

/** What somebody should do something about, most urgent first. */
export interface AttentionView {
  readonly kind:
    | 'database-away'
    | 'dead'
    | 'stalled-worker'
    | 'silent-webhook'
    | 'repaired'
    | 'backlog'
    | 'blocked-key'
    | 'old-transaction'
    | 'poller';
  readonly urgent: boolean;
  /** One sentence: what is wrong. */
  readonly title: string;
  /** One sentence: what to do about it. */
  readonly advice: string;
  /** Which events it is about, where it is about some. */
  readonly filter: FilterView | null;
}

export interface CountView {
  readonly count: number;
  /** Whether there are more than are counted: "10,000 or more". */
  readonly more: boolean;
}

export interface ServiceView {
  readonly source: string;
  readonly counts: Readonly<Record<EventStateView, CountView>>;
  /** Since the oldest event that is due became so; null where none is. */
  readonly oldestDue: number | null;
  /** Of handler calls in the last hour; null where there were none. */
  readonly handlerTime: { readonly p50: number; readonly p95: number } | null;
  /** Since the last webhook; null where none is among the latest events. */
  readonly lastWebhookAge: number | null;
  /** Between webhooks, the median of the latest; null with fewer than three. */
  readonly usualGap: number | null;
  /** Of the latest events, the share that only the poller found, 0 to 1; null without events. */
  readonly repairedShare: number | null;
  /** When the poller looks next; null where this process does not poll the service. */
  readonly nextPollAt: number | null;
}

/** `GET overview`, and each `overview` message of `GET live`. */
export interface OverviewView {
  readonly now: number;
  /** `away`: what follows is this process's own memory of the last hour. */
  readonly database: 'up' | 'away';
  readonly attention: readonly AttentionView[];
  readonly services: readonly ServiceView[];
  readonly minutes: MinutesView;
}

export type MinuteSeries =
  'received' | 'duplicate' | 'handled' | 'retried' | 'dead' | 'ignored' | 'refused';

/** Counts per minute of the last hour, oldest first; the last minute is not over. */
export interface MinutesView {
  /** Beginning of each minute. */
  readonly minutes: readonly number[];
  readonly services: readonly {
    readonly source: string;
    /** As many numbers as there are minutes. */
    readonly series: Readonly<Record<MinuteSeries, readonly number[]>>;
  }[];
}

/** Conditions that an event must fit, all of them. In URLs each is a parameter of that name. */
export interface FilterView {
  readonly source?: string;
  readonly account?: string;
  readonly name?: string;
  readonly state?: EventStateView;
  readonly reason?: string;
  /** Of a handler that has failed, or was skipped. */
  readonly handler?: string;
  /** Of the last error: what stays when numbers and ids are left out of its text. */
  readonly fingerprint?: string;
  /** A part of the event's id, or of the row's. */
  readonly text?: string;
  readonly receivedSince?: number;
  readonly receivedBefore?: number;
}

export interface EventRowView {
  /** Of the row. */
  readonly id: string;
  /** The sender's. */
  readonly eventId: string;
  readonly source: string;
  readonly account: string;
  readonly name: string;
  readonly state: EventStateView;
  readonly reason: string | null;
  /** The beginning of the last error's text. */
  readonly error: string | null;
  readonly attempts: number;
  readonly receivedAt: number;
  readonly dueAt: number;
  readonly finishedAt: number | null;
}

/** `GET events?…&after=<next>` */
export interface EventsView {
  readonly events: readonly EventRowView[];
  /** `after` of the next part; null where this was the last one. */
  readonly next: string | null;
  /**
   * Null: everything was looked through. Else rows were looked through back to this time and the part may be
   * short; `next` goes on from there.
   */
  readonly searchedBackTo: number | null;
}

/** `GET events/count?…` */
export type EventsCountView = CountView;

export interface AttemptView {
  readonly attempt: number;
  readonly handler: string;
  /** With the stack, where there was one. */
  readonly error: string;
  readonly at: number;
  readonly duration: number;
  /** Of the application that ran it; null where it is not known. */
  readonly release: string | null;
}

export interface HandlerView {
  readonly name: string;
  /** `absent`: it has succeeded, and this process has no handler of that name. */
  readonly state: 'done' | 'open' | 'absent';
  readonly transactional: boolean;
}

/** `GET events/:id` */
export interface EventView extends EventRowView {
  /** Why it is not done, or how it ended: one sentence. */
  readonly headline: string;
  readonly origin: string;
  readonly occurredAt: number | null;
  readonly orderKey: string | null;
  /** The whole text of the last error. */
  readonly lastError: string | null;
  readonly fingerprint: string | null;
  /** How often it came again, and when last. */
  readonly redeliveries: { readonly count: number; readonly lastAt: number | null };
  /** Of the application that ran it last; null before that. */
  readonly release: string | null;
  /** Oldest first. */
  readonly attemptsMade: readonly AttemptView[];
  readonly handlers: readonly HandlerView[];
  /** Indented JSON, or text that is none; masked fields read "•••". Null once its retention is over. */
  readonly payload: string | null;
  readonly payloadBytes: number | null;
  /** The unsigned request, for a shell; null without payload. */
  readonly curl: string | null;
  readonly notes: readonly NoteView[];
  /** The last event of the same name that is done; null where there is none among the latest. */
  readonly lastDone: { readonly id: string; readonly payload: string | null } | null;
}

export interface NoteView {
  readonly at: number;
  readonly by: string;
  readonly text: string;
}

/** `POST events/:id/note` takes this. */
export interface NoteRequest {
  /** Is cut at 2,000 characters. */
  readonly text: string;
}

/** What actions on one event answer. */
export interface ChangedView {
  readonly changed: number;
}

/** `GET errors`: dead events by error, most frequent first. */
export interface ErrorsView {
  readonly groups: readonly {
    readonly fingerprint: string;
    readonly source: string;
    readonly name: string;
    readonly reason: string | null;
    /** Of the latest one. */
    readonly error: string;
    readonly count: number;
    readonly firstAt: number;
    readonly lastAt: number;
    readonly latestId: string;
  }[];
  /** Whether there are more dead events than were looked through. */
  readonly more: boolean;
}

export type OpsAction = 'replay' | 'discard';

/** `POST operations/preview` takes this. */
export interface PreviewRequest {
  readonly action: OpsAction;
  readonly filter: FilterView;
}

export interface PreviewView extends CountView {
  readonly sample: readonly EventRowView[];
}

/** `POST operations` takes this. */
export interface OperationRequest {
  readonly action: OpsAction;
  readonly filter: FilterView;
  /** `ramp`: one, then ten, then the rest, each after the ones before have ended; it stops where the same error comes back. */
  readonly pace: 'all' | 'ramp';
  /** Whether handlers that have succeeded run again. Default false. */
  readonly rerunAll?: boolean;
}

/** `GET operations`, newest first. */
export interface OperationsView {
  readonly operations: readonly OperationView[];
}

/** `GET operations/:id` */
export interface OperationView {
  readonly id: string;
  readonly action: OpsAction;
  readonly filter: FilterView;
  readonly pace: 'all' | 'ramp';
  readonly by: string;
  readonly startedAt: number;
  readonly endedAt: number | null;
  /** `halted`: the ramp met the same error again. */
  readonly state: 'running' | 'paused' | 'stopped' | 'halted' | 'done';
  /** The set is fixed when it starts. */
  readonly total: number;
  readonly changed: number;
  /** Those that were no longer to be changed when their turn came. */
  readonly passedOver: number;
  /** Why it halted. */
  readonly note: string | null;
}

/** `POST events/:id/dry-run` */
export interface DryRunView {
  /** Why no handler would run; null where they would. */
  readonly problem: string | null;
  readonly handlers: readonly {
    readonly name: string;
    /** `refused`: it was not run, since it is not transactional (what it does could not be taken back) or would be skipped. */
    readonly outcome: 'would-succeed' | 'would-fail' | 'refused';
    /** Why it would fail, or was not run. */
    readonly error: string | null;
    /** What it would have written, in order; long texts are cut, and masked values read "•••". The first 200. */
    readonly statements: readonly {
      readonly sql: string;
      readonly parameters: readonly string[];
    }[];
    /** How many there were beyond those. */
    readonly statementsLeftOut: number;
  }[];
}

/** `GET poller` */
export interface PollerView {
  readonly polls: boolean;
  readonly nextPollAt: number | null;
  readonly feeds: readonly {
    readonly feed: string;
    readonly source: string;
    readonly account: string;
    readonly lastAt: number | null;
    readonly outcome: 'done' | 'failed' | 'rate-limited' | 'paused' | 'not-yet' | 'elsewhere';
    readonly found: number;
    readonly repaired: number;
  }[];
}

/** `GET poller/watched`: what the feeds ask the services about. */
export interface WatchedView {
  readonly feeds: readonly {
    readonly feed: string;
    readonly source: string;
    readonly account: string;
    /** The 100 that are asked for next. */
    readonly subjects: readonly {
      /** Of a job, an agent, an escrow. */
      readonly id: string;
      /** What was last known of it. */
      readonly state: string | null;
      readonly dueAt: number;
      /** Times in a row that the service did not show it. */
      readonly misses: number;
    }[];
    /** Whether there are more. */
    readonly more: boolean;
  }[];
}

/** `GET audit?after=<next>`, newest first. */
export interface AuditView {
  readonly entries: readonly {
    readonly id: string;
    readonly at: number;
    readonly by: string;
    readonly action: string;
    /** What it was done to, as a sentence. */
    readonly about: string;
    readonly events: number;
  }[];
  readonly next: string | null;
}

/** Every answer of another status than 200. */
export interface ProblemView {
  readonly error: string;
  /** What to do about it. */
  readonly advice?: string;
}
