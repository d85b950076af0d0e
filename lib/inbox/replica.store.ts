/** What a replica tells the others of one of its handlers. */
export interface PublishedHandler {
  /** Stable name: it tells whether an event has passed the handler, whichever replica ran it. */
  readonly name: string;
  readonly source: string;
  readonly patterns: readonly string[];
}

/** A process that runs a worker now. */
export interface Replica {
  readonly id: string;
  readonly handlers: readonly PublishedHandler[];
}

/** Which replicas run a worker now, and which handlers each of them has. */
export interface ReplicaStore {
  /**
   * Makes this replica's handlers known to the others for `ms` milliseconds; called again before they
   * are over for as long as it runs a worker.
   */
  publishHandlers(
    replica: string,
    handlers: readonly PublishedHandler[],
    ms: number,
  ): Promise<void>;
  /** This replica runs no handlers any more. */
  withdrawHandlers(replica: string): Promise<void>;
  /** The replicas other than this one that run a worker now, with their handlers. */
  otherReplicas(replica: string): Promise<readonly Replica[]>;
}
