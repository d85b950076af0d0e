import type { EntityManager } from 'typeorm';
import type {
  ClaimedRow,
  FailedAttempt,
  Lease,
  PublishedHandler,
  Replica,
  Settlement,
  TransactionalOutcome,
} from '../../lib/inbox/index.js';
import type { Timers } from '../../lib/worker/index.js';

interface Row extends Omit<
  ClaimedRow,
  'token' | 'attempt' | 'deaths' | 'handled' | 'source' | 'body'
> {
  source: string;
  body: Buffer;
  state: 'open' | 'done' | 'ignored' | 'dead';
  token: string | null;
  leaseUntil: number;
  dueAt: number;
  attempt: number;
  deaths: number;
  handled: string[];
  reason: string | null;
  lastError: string | null;
  failures: FailedAttempt[];
}

/** The inbox's port in memory, as far as the worker uses it; its clock is the test's. */
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
  private tokens = 0;

  constructor(readonly timers: Timers) {}

  add(
    count: number,
    event: Partial<
      Pick<Row, 'source' | 'name' | 'body' | 'dueAt' | 'orderKey' | 'occurredAt'>
    > = {},
  ): void {
    for (let n = 0; n < count; n++) {
      const id = String(this.rows.size + 1);
      this.rows.set(id, {
        id,
        source: 'armalo',
        account: '',
        eventId: `event-${id}`,
        name: 'escrow.created',
        occurredAt: null,
        orderKey: null,
        via: 'webhook',
        body: Buffer.from('{}'),
        receivedAt: 0,
        state: 'open',
        token: null,
        leaseUntil: 0,
        dueAt: this.timers.now(),
        attempt: 0,
        deaths: 0,
        handled: [],
        reason: null,
        lastError: null,
        failures: [],
        ...event,
      });
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
  abandon(id: string): void {
    Object.assign(this.row(id), { token: 'gone', leaseUntil: this.timers.now() - 1, attempt: 1 });
  }

  async claim(limit: number, leaseMs: number): Promise<readonly ClaimedRow[]> {
    this.called('claim');
    this.claimLimits.push(limit);
    const now = this.timers.now();
    return [...this.rows.values()]
      .filter((row) => row.state === 'open' && row.token === null && row.dueAt <= now)
      .slice(0, limit)
      .map((row) => this.lease(row, leaseMs));
  }

  async claimSuspect(leaseMs: number, maxDeaths: number): Promise<ClaimedRow | undefined> {
    this.called('claimSuspect');
    for (const row of this.rows.values()) {
      if (row.state !== 'open' || row.token === null || row.leaseUntil > this.timers.now())
        continue;
      row.deaths++;
      if (row.deaths < maxDeaths) return this.lease(row, leaseMs);
      Object.assign(row, { state: 'dead', reason: 'killed-process', token: null });
    }
    return undefined;
  }

  async hasSuspects(): Promise<boolean> {
    this.called('hasSuspects');
    return [...this.rows.values()].some(
      (row) => row.state === 'open' && row.token !== null && row.leaseUntil <= this.timers.now(),
    );
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
      if (!refused.includes(settlement)) this.apply(this.row(settlement.id), settlement);
    }
    return new Set(refused.map(({ id }) => id));
  }

  async markHandled(lease: Lease, handler: string): Promise<boolean> {
    this.called('markHandled');
    if (!this.holds(lease)) return false;
    this.row(lease.id).handled.push(handler);
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
        row.handled.includes(handler),
    );
    return newer.sort((a, b) => Number(b.occurredAt) - Number(a.occurredAt))[0]?.id;
  }

  async firstStored(
    { source, account }: Pick<ClaimedRow, 'source' | 'account'>,
    eventIds: readonly string[],
  ): Promise<string | undefined> {
    this.called('firstStored');
    const among = (row: Row) =>
      row.source === source && row.account === account && eventIds.includes(row.eventId);
    return [...this.rows.values()].find(among)?.id;
  }

  async runTransactional(
    lease: Lease,
    handler: string,
    _leaseMs: number,
    work: (manager: EntityManager) => Promise<void>,
  ): Promise<TransactionalOutcome> {
    this.called('begin');
    if (!this.holds(lease)) return 'lease-lost';
    if (this.row(lease.id).handled.includes(handler)) return 'already';
    if (this.locked.has(lease.id)) throw new Error('waited too long for a row lock');
    const connection = {};
    this.locked.set(lease.id, connection);
    const writes: string[] = [];
    const manager = { write: (text: string) => writes.push(text) };
    try {
      await work(manager as unknown as EntityManager);
      this.called('commit');
      if (this.locked.get(lease.id) !== connection) throw new Error('connection is closed');
    } catch (error) {
      this.called('rollback');
      throw error;
    } finally {
      if (this.locked.get(lease.id) === connection) this.locked.delete(lease.id);
    }
    this.written.push(...writes);
    this.row(lease.id).handled.push(handler);
    return 'committed';
  }

  async giveBack(leases: readonly Lease[]): Promise<void> {
    this.called(`giveBack ${leases.map(({ id }) => id).join(',')}`, 'giveBack');
    for (const { id } of leases.filter((lease) => this.holds(lease))) {
      const row = this.row(id);
      Object.assign(row, { token: null, attempt: row.attempt - 1, dueAt: this.timers.now() });
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

  async nextDueIn(): Promise<number | undefined> {
    const open = [...this.rows.values()].filter((row) => row.state === 'open' && !row.token);
    if (open.length === 0) return undefined;
    return Math.max(0, Math.min(...open.map((row) => row.dueAt)) - this.timers.now());
  }

  private lease(row: Row, leaseMs: number): ClaimedRow {
    row.token = `token-${++this.tokens}`;
    row.leaseUntil = this.timers.now() + leaseMs;
    row.attempt++;
    return { ...row, token: row.token, handled: [...row.handled] };
  }

  private holds({ id, token }: Lease): boolean {
    const row = this.rows.get(id);
    return row?.state === 'open' && row.token === token;
  }

  private apply(row: Row, settlement: Settlement): void {
    // A mark whose commit was never answered must survive a settle that does not know of it.
    row.handled = [...new Set([...row.handled, ...settlement.handled])];
    row.failures.push(...settlement.failures);
    row.token = null;
    if ('error' in settlement) row.lastError = settlement.error;
    if ('reason' in settlement) row.reason = settlement.reason;
    if (settlement.to === 'postponed') row.attempt--;
    if ('inMs' in settlement) row.dueAt = this.timers.now() + settlement.inMs;
    else row.state = settlement.to;
  }

  private called(call: string, method = call): void {
    this.calls.push(call);
    const error = this.failing.get(method);
    if (error) throw error;
  }
}
