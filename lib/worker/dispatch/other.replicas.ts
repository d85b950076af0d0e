import type { Timers } from '../../core/index.js';
import { patternMatches } from '../../handlers/index.js';
import type { ClaimedRow, ReplicaStore, PublishedHandler, Replica } from '../../inbox/index.js';

/** What was read of the other replicas is believed for so long. A starting one waits for as long. */
export const BELIEVED_MS = 1_000;

/**
 * What the other running replicas have handlers for. A release that does not know a handler must not
 * finish an event that it is for; so this is asked before an event is final. Nothing is read while idle.
 */
export class OtherReplicas {
  private latest: { readonly since: number; readonly replicas: Promise<readonly Replica[]> };
  private foundNone = false;
  private next: Promise<readonly Replica[]> | undefined;

  constructor(
    private readonly store: Pick<ReplicaStore, 'otherReplicas'>,
    /** This process's own id among them. */
    readonly replica: string,
    private readonly timers: Timers,
  ) {
    this.latest = { since: -Infinity, replicas: Promise.resolve([]) };
  }

  /** Whether what was read a second ago at most says that there are none: then nobody need be waited for. */
  get areNone(): boolean {
    return this.foundNone && this.timers.now() - this.latest.since < BELIEVED_MS;
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
    const replicas = await (fresh ? this.fresh() : this.recent());
    const wanted = handlersOf(replicas).filter(
      ({ source, name, patterns }) =>
        source === row.source &&
        !passed.includes(name) &&
        patterns.some((pattern) => patternMatches(pattern, row.name)),
    );
    return [...new Set(wanted.map(({ name }) => name))];
  }

  /** Whether one of them has handlers of a source that this process does not know. */
  async know(source: string): Promise<boolean> {
    return handlersOf(await this.recent()).some((handler) => handler.source === source);
  }

  private recent(): Promise<readonly Replica[]> {
    const isOld = this.timers.now() - this.latest.since >= BELIEVED_MS;
    return isOld ? this.read() : this.latest.replicas;
  }

  /** One read for all that ask while the one before it is on its way. */
  private fresh(): Promise<readonly Replica[]> {
    this.next ??= this.latest.replicas
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        return this.read();
      });
    return this.next;
  }

  private read(): Promise<readonly Replica[]> {
    const replicas = this.store.otherReplicas(this.replica);
    this.foundNone = false;
    this.latest = { since: this.timers.now(), replicas };
    const { latest } = this;
    // What could not be read is asked for again, not remembered.
    replicas.then(
      ({ length }) => {
        if (this.latest === latest) this.foundNone = length === 0;
      },
      () => {
        if (this.latest === latest) this.latest = { ...latest, since: -Infinity };
      },
    );
    return replicas;
  }
}

const handlersOf = (replicas: readonly Replica[]): readonly PublishedHandler[] =>
  replicas.flatMap(({ handlers }) => handlers);
