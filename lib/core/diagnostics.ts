import {
  channel,
  subscribe,
  unsubscribe,
  type Channel,
  type ChannelListener,
} from 'node:diagnostics_channel';
import type { DeadReason } from './dead-event.js';
import type { EventOrigin } from './source-event.js';

/*
 * Each step of an event's life on `node:diagnostics_channel`, for metrics and traces. Messages hold ids, names,
 * times and outcomes; never a payload, secret, signature or header, nor an error's text, which may quote them.
 */

/** Why a request to a webhook route is not an event of the inbox. */
export type RefusalReason =
  /** 401 */
  | 'rejected'
  /** Whatever a guard of the application answered, before the signature was looked at. */
  | 'refused'
  /** 400: signed, but no event can be read from it. */
  | 'unreadable'
  /** 413 */
  | 'too-large'
  /** 400 or 415, before the signature was looked at. */
  | 'malformed'
  /** 503 */
  | 'unavailable'
  /** 500 */
  | 'failed';

/** Which event a message is about. */
export interface DiagnosedEvent {
  /** Of its row in the inbox. */
  readonly id: string;
  readonly source: string;
  /** `''` where the source has one account only. */
  readonly account: string;
  readonly eventId: string;
  readonly name: string;
}

/** The same, in one of its attempts; 1 for the first. */
export interface DiagnosedAttempt extends DiagnosedEvent {
  readonly attempt: number;
}

/** One exchange with the database about many events. */
export interface DiagnosedBatch {
  readonly events: number;
  readonly outcome: 'done' | 'failed';
  readonly duration: number;
}

/** What is published on the channel `armox-armalo:<key>`. Durations are milliseconds. */
export interface DiagnosticMessages {
  /** A delivery's signature is right. */
  readonly received: {
    readonly source: string;
    readonly account: string;
    /** Of the body, before a Content-Encoding is undone. */
    readonly bytes: number;
  };
  readonly refused: { readonly source: string; readonly reason: RefusalReason };
  /** A request to a webhook route has its answer, whatever it is. */
  readonly answered: {
    readonly source: string;
    /** Of HTTP. */
    readonly status: number;
    /** From its headers to the end of the answer. */
    readonly duration: number;
  };
  /** The event is committed; also where it is dead from the start. */
  readonly stored: DiagnosedEvent & { readonly origin: EventOrigin };
  /** The inbox has it already; `id` is that row's. */
  readonly duplicate: DiagnosedEvent & { readonly origin: EventOrigin };
  readonly claimed: DiagnosedAttempt & {
    /** Since when it could have been, by the database's clock, in epoch milliseconds. */
    readonly dueAt: number;
  };
  /** The worker has asked for events. */
  readonly 'claim-ended': DiagnosedBatch;
  readonly 'handler-started': DiagnosedAttempt & { readonly handler: string };
  readonly 'handler-ended': DiagnosedAttempt & {
    readonly handler: string;
    /** `stopped`: the lease is lost, or the application stops. */
    readonly outcome: 'done' | 'failed' | 'stopped' | 'invalid';
    /** Of the error it failed with: its code, else the name of its class. */
    readonly errorType?: string;
    /** With the wait for a permit and a connection, where it is transactional. */
    readonly duration: number;
  };
  /** What became of the attempt is committed. */
  readonly settled: DiagnosedAttempt & {
    readonly outcome: 'done' | 'ignored' | 'dead' | 'retry' | 'postponed';
    /** Why it is ignored or dead. */
    readonly reason?: string;
    /** Milliseconds until it is due again; where it is. */
    readonly inMs?: number;
    /** Since its claim. */
    readonly duration: number;
  };
  /** One group of settles has been written, or could not be. */
  readonly 'settle-ended': DiagnosedBatch;
  /** Somebody else may have the event now; what this process does for it counts no more. */
  readonly 'lease-lost': DiagnosedAttempt;
  /** Committed by this process, whatever it died of. */
  readonly dead: DiagnosedAttempt & {
    readonly reason: DeadReason;
    readonly handler: string | null;
  };
  /** An operator's replay has made so many finished events pending again. */
  readonly replayed: { readonly count: number };
  /** A feed of the poller has had its turn. */
  readonly polled: {
    readonly feed: string;
    readonly source: string;
    readonly account: string;
    readonly outcome: 'done' | 'failed' | 'rate-limited' | 'paused';
    readonly found: number;
    /** Of those found, what no webhook had brought. */
    readonly repaired: number;
    readonly duration: number;
  };
  /** One request on the wire; a call that is tried again is several. */
  readonly 'api-call': {
    readonly service: string;
    /** Method and path, without query. */
    readonly request: string;
    /** 0 for the first. */
    readonly retry: number;
    /** `unsent`: it did not reach the service. `lost`: its answer did not reach us. */
    readonly outcome: 'answer' | 'unsent' | 'lost' | 'aborted';
    /** Null where there is no answer. */
    readonly status: number | null;
    readonly duration: number;
  };
}

export type DiagnosticName = keyof DiagnosticMessages;

const PREFIX = 'armox-armalo:';

const channelOf = (name: DiagnosticName): Channel => channel(`${PREFIX}${name}`);

const channels: Readonly<Record<DiagnosticName, Channel>> = {
  received: channelOf('received'),
  refused: channelOf('refused'),
  answered: channelOf('answered'),
  stored: channelOf('stored'),
  duplicate: channelOf('duplicate'),
  claimed: channelOf('claimed'),
  'claim-ended': channelOf('claim-ended'),
  'handler-started': channelOf('handler-started'),
  'handler-ended': channelOf('handler-ended'),
  settled: channelOf('settled'),
  'settle-ended': channelOf('settle-ended'),
  'lease-lost': channelOf('lease-lost'),
  dead: channelOf('dead'),
  replayed: channelOf('replayed'),
  polled: channelOf('polled'),
  'api-call': channelOf('api-call'),
};

/** What is called with the messages of some channels. */
export type DiagnosticListeners = {
  readonly [Name in DiagnosticName]?: (message: DiagnosticMessages[Name]) => void;
};

/** @returns how to stop */
export function listenTo(listeners: DiagnosticListeners): () => void {
  const stops = Object.entries(listeners).map(([name, listener]) => {
    const channel = `${PREFIX}${name}`;
    const onMessage = listener as ChannelListener;
    subscribe(channel, onMessage);
    return () => unsubscribe(channel, onMessage);
  });
  return () => {
    for (const stop of stops) stop();
  };
}

/** Whether anybody listens; for what has to be measured before there is a message. */
export const isDiagnosed = (name: DiagnosticName): boolean => channels[name].hasSubscribers;

/** @param message called only while somebody listens */
export function diagnose<Name extends DiagnosticName>(
  name: Name,
  message: () => DiagnosticMessages[Name],
): void {
  const to = channels[name];
  if (to.hasSubscribers) to.publish(message());
}

/** The fields of `event` that a message may hold, and no others: rows have their body beside them. */
export function diagnosedEvent(event: DiagnosedEvent): DiagnosedEvent {
  const { id, source, account, eventId, name } = event;
  return { id, source, account, eventId, name };
}

/** The same with the attempt. */
export function diagnosedAttempt(event: DiagnosedAttempt): DiagnosedAttempt {
  return { ...diagnosedEvent(event), attempt: event.attempt };
}
