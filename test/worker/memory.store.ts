import type { EntityManager } from 'typeorm';
import type {
  ClaimedRow,
  EventCount,
  ClaimException,
  InsertResult,
  LaterEvents,
  Lease,
  PublishedHandler,
  Replica,
  NewInboxRow,
  Outlook,
  Recovery,
  Settlement,
  StoredAttempt,
  StoredState,
  TransactionalOptions,
  TransactionalPart,
  TransactionalOutcome,
} from '../../lib/inbox/index.js';
import type { Timers } from '../../lib/core/index.js';
import { openRow, storedEvent, type Row } from './memory.rows.js';

/**
 * The inbox's port in memory, as far as the worker uses it; its clock is the test's. Held to the claim
 * suite that the databases' stores are held to.
 */
export class MemoryStore {
  readonly rows = new Map<string, Row>();
  readonly calls: string[] = [];
  /** Set to make the named method fail until it is deleted. */
  readonly failing = new Map<string, Error>();
  /** What handlers wrote in transactions that committed. */
  readonly written: string[] = [];
  claimLimits: number[] = [];
  settledGroups: number[] = [];
  /** Rows that an open transaction holds, with the process that holds them. */
  readonly locked = new Map<string, unknown>();
  /** Tokens of claims whose event runs with nothing beside it. */
  private readonly alone = new Set<string>();
  private tokens = 0;

  constructor(readonly timers: Pick<Timers, 'now'>) {}

  add(
    count: number,
    event: Partial<
      Pick<Row, 'source' | 'name' | 'body' | 'dueAt' | 'orderKey' | 'occurredAt' | 'eventId'>
    > = {},
  ): void {
    for (let n = 0; n < count; n++) {
      const id = String(this.rows.size + 1);
      this.rows.set(id, { ...openRow(id, this.timers.now()), ...event });
    }
  }

  row(id: string): Row {
    const row = this.rows.get(id);
    if (!row) throw new Error(`no row ${id}`);
    return row;
  }

  states(): string {
    return [...this.rows.values()].map((row) => row.state).join(' ');
  }

  /** As after `kill -9` of the process that has it. */
  stall(id: string, attempt = 1): void {
    Object.assign(this.row(id), { token: 'gone', leaseUntil: this.timers.now() - 1, attempt });
  }

  async insert(rows: readonly NewInboxRow[]): Promise<readonly InsertResult[]> {
    return rows.map(({ source, eventId, name, body, orderKey, occurredAt }) => {
      this.add(1, { source, eventId, name, body, orderKey, occurredAt });
      return { id: String(this.rows.size), outcome: 'stored' };
    });
  }

  async claim(
    limit: number,
    leaseMs: number,
    except: readonly ClaimException[] = [],
  ): Promise<readonly ClaimedRow[]> {
    this.called('claim');
    this.claimLimits.push(limit);
    const left = ({ source, name }: Row) =>
      except.some((one) => one.source === source && (one.names?.includes(name) ?? true));
    return this.due()
      .filter((row) => row.token === null && !left(row))
      .sort((a, b) => a.dueAt - b.dueAt)
      .slice(0, limit)
      .map((row) => this.lease(row, leaseMs));
  }

  async claimById(ids: readonly string[], leaseMs: number): Promise<readonly ClaimedRow[]> {
    this.called('claimById');
    return this.due()
      .filter((row) => row.token === null && ids.includes(row.id))
      .sort((a, b) => a.dueAt - b.dueAt)
      .map((row) => this.lease(row, leaseMs));
  }

  async claimStalled({
    leaseMs,
    maxStalledCount: maxStalledCount,
    alone,
    held,
  }: Recovery): Promise<ClaimedRow | undefined> {
    this.called('claimStalled');
    for (const row of this.due().sort((a, b) => a.attempt - b.attempt)) {
      if (row.token === null || held.has(row.id) || this.locked.has(row.id)) continue;
      const patience = alone ? 0 : leaseMs * Math.min(row.attempt - 1, 10);
      if (row.leaseUntil + patience > this.timers.now()) continue;
      if (this.alone.delete(row.token)) row.stalledCount++;
      if (row.stalledCount >= maxStalledCount) this.bury(row);
      else {
        const claimed = this.lease(row, leaseMs);
        if (alone) this.alone.add(claimed.token);
        return claimed;
      }
    }
    return undefined;
  }

  async noLongerAlone({ token }: Lease): Promise<void> {
    this.called('noLongerAlone');
    this.alone.delete(token);
  }

  async outlook(): Promise<Outlook> {
    this.called('outlook');
    const now = this.timers.now();
    const until = (times: readonly number[]) =>
      times.length === 0 ? undefined : Math.max(0, Math.min(...times) - now);
    const open = [...this.rows.values()].filter(({ state }) => state === 'open');
    return {
      dueIn: until(open.filter(({ token }) => token === null).map(({ dueAt }) => dueAt)),
      leaseOverIn: until(
        this.due()
          .filter(({ token }) => token !== null)
          .map(({ leaseUntil }) => leaseUntil),
      ),
    };
  }

  async heartbeat(leases: readonly Lease[], leaseMs: number): Promise<ReadonlySet<string>> {
    this.called(`heartbeat ${leases.length}`, 'heartbeat');
    const ours = leases.filter((lease) => this.holds(lease));
    for (const { id } of ours) this.row(id).leaseUntil = this.timers.now() + leaseMs;
    return new Set(ours.map(({ id }) => id));
  }

  async settle(settlements: readonly Settlement[]): Promise<ReadonlySet<string>> {
    this.called('settle');
    this.settledGroups.push(settlements.length);
    const refused = settlements.filter((settlement) => !this.holds(settlement));
    for (const settlement of settlements) {
      if (refused.includes(settlement)) continue;
      const row = this.row(settlement.id);
      this.apply(row, settlement);
      const later = 'supersededBy' in settlement ? settlement.supersededBy : undefined;
      if (later && (await this.firstStored(later).catch(() => undefined)))
        row.dueAt = this.timers.now();
    }
    return new Set(refused.map(({ id }) => id));
  }

  async markCompleted(lease: Lease, handler: string): Promise<boolean> {
    this.called('markCompleted');
    if (!this.holds(lease)) return false;
    this.row(lease.id).completedHandlers.push(handler);
    return true;
  }

  async newerApplied(id: string, handler: string): Promise<string | undefined> {
    this.called('newerApplied');
    const { orderKey, occurredAt } = this.row(id);
    if (orderKey === null || occurredAt === null) return undefined;
    const newer = [...this.rows.values()].filter(
      (row) =>
        row.orderKey === orderKey &&
        (row.occurredAt ?? -Infinity) > occurredAt &&
        row.completedHandlers.includes(handler),
    );
    return newer.sort((a, b) => Number(b.occurredAt) - Number(a.occurredAt))[0]?.id;
  }

  async firstStored({ source, account, eventIds }: LaterEvents): Promise<string | undefined> {
    this.called('firstStored');
    const among = (row: Row) =>
      row.source === source && row.account === account && eventIds.includes(row.eventId);
    return [...this.rows.values()].find(among)?.id;
  }

  async runTransactional(
    lease: Lease,
    handler: string,
    leaseMs: number,
    work: (manager: EntityManager) => Promise<void>,
    { ends }: TransactionalOptions = {},
  ): Promise<TransactionalOutcome> {
    const [outcome] = await this.runTogether(handler, leaseMs, [{ lease, work, ends }]);
    return outcome as TransactionalOutcome;
  }

  async runTogether(
    handler: string,
    leaseMs: number,
    parts: readonly TransactionalPart[],
  ): Promise<readonly TransactionalOutcome[]> {
    this.called('begin');
    const outcomes = parts.map(({ lease }): TransactionalOutcome => {
      if (!this.holds(lease)) return 'lease-lost';
      return this.row(lease.id).completedHandlers.includes(handler) ? 'already' : 'committed';
    });
    const taken = parts.filter((_, at) => outcomes[at] === 'committed');
    if (taken.some(({ lease }) => this.locked.has(lease.id))) {
      throw new Error('waited too long for a row lock');
    }
    const connection = {};
    for (const { lease } of taken) this.locked.set(lease.id, connection);
    const writes: string[] = [];
    const manager = { write: (text: string) => writes.push(text) } as unknown as EntityManager;
    const ended = new Map<TransactionalPart, readonly string[]>();
    try {
      for (const { work } of taken) await work(manager);
      for (const part of taken) {
        const all = part.ends?.();
        if (all) ended.set(part, all);
      }
      this.called('commit');
      if (taken.some(({ lease }) => this.locked.get(lease.id) !== connection)) {
        throw new Error('connection is closed');
      }
    } catch (error) {
      this.called('rollback');
      throw error;
    } finally {
      for (const { lease } of taken) {
        if (this.locked.get(lease.id) === connection) this.locked.delete(lease.id);
      }
    }
    this.written.push(...writes);
    for (const part of taken) {
      const row = this.row(part.lease.id);
      const all = ended.get(part);
      if (all) Object.assign(row, { state: 'done', token: null, completedHandlers: [...all] });
      else {
        row.completedHandlers.push(handler);
        row.leaseUntil = this.timers.now() + leaseMs;
      }
    }
    return parts.map((part, at) => (ended.has(part) ? 'ended' : (outcomes[at] ?? 'lease-lost')));
  }

  async release(leases: readonly Lease[]): Promise<void> {
    this.called(`release ${leases.map(({ id }) => id).join(',')}`, 'release');
    for (const { id } of leases.filter((lease) => this.holds(lease))) {
      const row = this.row(id);
      Object.assign(row, { token: null, attempt: row.attempt - 1 });
    }
  }

  /** The replicas that are said to run beside this one. */
  replicas: Replica[] = [];
  /** The handlers of this one, as it has published them. */
  readonly published = new Map<string, readonly PublishedHandler[]>();

  async otherReplicas(): Promise<readonly Replica[]> {
    this.called('otherReplicas');
    return this.replicas;
  }

  async publishHandlers(replica: string, handlers: readonly PublishedHandler[]): Promise<void> {
    this.called('publishHandlers');
    this.published.set(replica, handlers);
  }

  async withdrawHandlers(replica: string): Promise<void> {
    this.called('withdrawHandlers');
    this.published.delete(replica);
  }

  async find(filter: { readonly id?: string; readonly eventId?: string }) {
    const row = [...this.rows.values()].find(
      ({ id, eventId }) => id === filter.id || eventId === filter.eventId,
    );
    return row && storedEvent(row, this.timers.now());
  }

  async attempts(id: string): Promise<readonly StoredAttempt[]> {
    return this.row(id).attempts;
  }

  async counts(): Promise<readonly EventCount[]> {
    const all = [...this.rows.values()].map((row) => storedEvent(row, this.timers.now()));
    const order = ['open', 'running', 'waiting', 'done', 'ignored', 'dead'];
    const place = ({ source, state }: (typeof all)[number]) => `${source} ${order.indexOf(state)}`;
    all.sort((a, b) => (place(a) < place(b) ? -1 : 1));
    const kinds = [...new Set(all.map(({ source, state }) => `${source} ${state}`))];
    return kinds.map((kind) => {
      const [source, state] = kind.split(' ') as [string, StoredState];
      const count = all.filter((row) => row.source === source && row.state === state).length;
      return { source, state, count, more: false };
    });
  }

  private due(): Row[] {
    return [...this.rows.values()].filter(
      ({ state, dueAt }) => state === 'open' && dueAt <= this.timers.now(),
    );
  }

  private bury(row: Row): void {
    const { attempt } = row;
    const at = this.timers.now();
    row.attempts.push({
      attempt,
      handler: '(process)',
      error: 'died',
      duration: 0,
      at,
      release: null,
    });
    Object.assign(row, { state: 'dead', reason: 'killed-process', token: null, finishedAt: at });
  }

  private lease(row: Row, leaseMs: number): ClaimedRow {
    row.token = (++this.tokens).toString(16).padStart(32, '0');
    row.leaseUntil = this.timers.now() + leaseMs;
    row.attempt++;
    return { ...row, token: row.token, completedHandlers: [...row.completedHandlers] };
  }

  private holds({ id, token }: Lease): boolean {
    const row = this.rows.get(id);
    return row?.state === 'open' && row.token === token;
  }

  private apply(row: Row, settlement: Settlement): void {
    // A mark whose commit was never answered must survive a settle that does not know of it.
    row.completedHandlers = [
      ...new Set([...row.completedHandlers, ...settlement.completedHandlers]),
    ];
    const at = this.timers.now();
    const { attempt } = settlement;
    row.attempts.push(
      ...settlement.failures.map((failure) => ({ ...failure, attempt, at, release: null })),
    );
    row.token = null;
    if ('error' in settlement) row.lastError = settlement.error;
    if ('reason' in settlement) row.reason = settlement.reason;
    if (settlement.to === 'postponed') row.attempt--;
    if ('inMs' in settlement) row.dueAt = at + settlement.inMs;
    else Object.assign(row, { state: settlement.to, dueAt: at, finishedAt: at });
  }

  private called(call: string, method = call): void {
    this.calls.push(call);
    const error = this.failing.get(method);
    if (error) throw error;
  }
}
