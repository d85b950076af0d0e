import type { Timers } from '../../core/index.js';
import { patternMatches } from '../../handlers/index.js';
import type { ClaimedRow, ReplicaStore, PublishedHandler } from '../../inbox/index.js';

/** What was read of the other replicas is believed for so long. A starting one waits for as long. */
export const BELIEVED_MS = 1_000;

type Handlers = readonly PublishedHandler[];

/**
 * What the other running replicas have handlers for. A release that does not know a handler must not
 * finish an event that it is for; so this is asked before an event is final. Nothing is read while idle.
 */
export class OtherReplicas {
  private latest: { readonly since: number; readonly handlers: Promise<Handlers> };
  /** What the latest read has come to. */
  private known: Handlers | undefined;
  private next: Promise<Handlers> | undefined;

  constructor(
    private readonly store: Pick<ReplicaStore, 'otherReplicas'>,
    /** This process's own id among them. */
    readonly replica: string,
    private readonly timers: Timers,
  ) {
    this.latest = { since: -Infinity, handlers: Promise.resolve([]) };
  }

  /**
   * Those of their handlers that `row` is for and that are not among `passed`.
   * @param fresh read after this call, for an event that would be lost; else it may be a second old
   */
  async waitedFor(
    row: Pick<ClaimedRow, 'source' | 'name'>,
    passed: readonly string[],
    fresh: boolean,
  ): Promise<readonly string[]> {
    return missing(await (fresh ? this.fresh() : this.recent()), row, passed);
  }

  /** The same where it has been read within the last second, without waiting; else undefined. */
  waitedForLately(
    row: Pick<ClaimedRow, 'source' | 'name'>,
    passed: readonly string[],
  ): readonly string[] | undefined {
    if (!this.known || this.isOld) return undefined;
    return this.known.length === 0 ? NONE : missing(this.known, row, passed);
  }

  /** Whether one of them has handlers of a source that this process does not know. */
  async know(source: string): Promise<boolean> {
    return (await this.recent()).some((handler) => handler.source === source);
  }

  private get isOld(): boolean {
    return this.timers.now() - this.latest.since >= BELIEVED_MS;
  }

  private recent(): Promise<Handlers> {
    return this.isOld ? this.read() : this.latest.handlers;
  }

  /** One read for all that ask while the one before it is on its way. */
  private fresh(): Promise<Handlers> {
    this.next ??= this.latest.handlers
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        return this.read();
      });
    return this.next;
  }

  private read(): Promise<Handlers> {
    const handlers = this.store
      .otherReplicas(this.replica)
      .then((replicas) => replicas.flatMap((replica) => replica.handlers));
    const latest = (this.latest = { since: this.timers.now(), handlers });
    this.known = undefined;
    handlers.then(
      (found) => {
        if (this.latest === latest) this.known = found;
      },
      () => {
        // What could not be read is asked for again, not remembered.
        if (this.latest === latest) this.latest = { ...latest, since: -Infinity };
      },
    );
    return handlers;
  }
}

const NONE: readonly string[] = [];

function missing(
  handlers: Handlers,
  row: Pick<ClaimedRow, 'source' | 'name'>,
  passed: readonly string[],
): readonly string[] {
  const wanted = handlers.filter(
    ({ source, name, patterns }) =>
      source === row.source &&
      !passed.includes(name) &&
      patterns.some((pattern) => patternMatches(pattern, row.name)),
  );
  return [...new Set(wanted.map(({ name }) => name))];
}
