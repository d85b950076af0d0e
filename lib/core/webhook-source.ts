import type { RawDelivery } from './raw-delivery.js';
import type { EventReading, SourceEvent } from './source-event.js';

/** What has to be known of a delivery to open it. */
export type OpenableDelivery = Pick<RawDelivery, 'account' | 'body'>;

/** What a stored row says of its event; the rest is in the bytes. */
export interface StoredDelivery extends OpenableDelivery {
  /** As it was when the event came: handlers are chosen by it. */
  readonly name: string;
}

/**
 * A service that sends webhooks. A third service is one more folder under `sources/` with one of
 * these in it; the conformance suite of `nestjs-armox-armalo/testing` says whether it behaves.
 */
export interface WebhookSource {
  /** Lower-case name: the path segment, the `source` column, the option. */
  readonly name: string;
  /** Lower-case name of the header that carries the signature. */
  readonly signatureHeader: string;
  /**
   * What every signature looks like; a request whose header does not is refused before its body is
   * read. Absent: any text may be one.
   */
  readonly signatureShape?: RegExp;
  /** The event names that the service documents. */
  readonly eventNames: readonly string[];
  /** Whether its events may have an ordering key: its own, or by the option `orderingKey`. Default false. */
  readonly ordered?: boolean;
  /**
   * Whether `bytes` are signed with `secret`. Never throws, whatever the header is; compares in
   * constant time.
   */
  verify(bytes: Buffer, header: string | readonly string[] | undefined, secret: string): boolean;
  /**
   * Reads and identifies an event that arrives; called once a delivery.
   * @throws EnvelopeUnreadableError when the bytes are no JSON object with an event name
   */
  open(delivery: OpenableDelivery): SourceEvent;
  /**
   * Reads a stored event for its handlers, which may happen many times: it is what it was when it came,
   * so nothing of it is decided again. Each call gives a payload of its own.
   * @throws EnvelopeUnreadableError
   */
  read(stored: StoredDelivery): EventReading;
}
