import {
  join,
  only,
  raw,
  sql,
  type Row,
  type Sql,
  type Unit,
  select,
  type Upsert,
} from '../../../database/index.js';
import type { WatchedSubject } from '../../../core/index.js';
import { hashOf, storableName, type InboxDatabase } from '../../../inbox/index.js';
import { ENDED, LOST, mayFollow, stageOf } from './armox.job-status.js';
import { jobTable, STATUS_LENGTH } from './job.table.js';

/** A job as we remember it. */
export interface TrackedJob {
  /** Of the row. */
  readonly rowId: string;
  readonly jobId: string;
  /** As Armox names it, or `lost`. */
  readonly status: string;
  /** No status that changes it is expected any more. */
  readonly settled: boolean;
  readonly tracked: boolean;
  readonly webhookExpected: boolean;
  /** Older than all that the list of jobs shows. */
  readonly beyondList: boolean;
  readonly polls: number;
  /** Looks in a row at which Armox did not know it. */
  readonly absences: number;
  /** Milliseconds since we know of it. */
  readonly age: number;
  /** Row of the inbox that holds its end. */
  readonly inboxId: string | null;
}

/** A status that an event has told. */
export interface JobChange {
  readonly account: string;
  readonly jobId: string;
  readonly status: string;
  readonly inboxId: string;
}

const SOURCE = 'armox';

const { list: COLUMNS } = select(
  jobTable,
  ...(['id', 'job_id', 'status', 'settled_at', 'tracked', 'webhook_expected'] as const),
  ...(['beyond_list', 'polls', 'absences', 'created_at', 'inbox_id'] as const),
);

/** The table of jobs, in the inbox's own database. */
export class JobStore {
  constructor(
    private readonly inbox: InboxDatabase,
    private readonly account = '',
  ) {}

  /** Upserts what events have told, in their transaction; rows in the order of their key. */
  *record(news: readonly JobChange[]): Unit<void> {
    const latest = new Map<string, { identity: Buffer; item: JobChange }>();
    for (const item of news) {
      const identity = hashOf(SOURCE, item.account, item.jobId);
      const key = identity.toString('hex');
      const known = latest.get(key)?.item;
      if (!known || mayFollow(known.status, item.status)) latest.set(key, { identity, item });
    }
    const rows = [...latest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    const { now } = this.inbox.dialect;
    const values = rows.map(({ identity, item }) => {
      const stage = stageOf(item.status);
      const ended = stage === ENDED;
      return {
        identity,
        source: SOURCE,
        account: item.account,
        job_id: item.jobId,
        status: item.status,
        stage,
        tracked: 0,
        webhook_expected: 0,
        created_at: now,
        due_at: null,
        settled_at: ended ? now : null,
        inbox_id: ended ? BigInt(item.inboxId) : null,
      };
    });
    yield* this.upsert(values, ({ given, kept }) => {
      // As `mayFollow`, of the row that is there and the one that comes.
      const moves = sql`${kept('stage')} < ${raw(String(ENDED))} AND ${given('stage')} >= ${kept('stage')}`;
      const moved = (column: string): Sql =>
        sql`CASE WHEN ${moves} THEN ${given(column)} ELSE ${kept(column)} END`;
      // The stage is the last one: the others ask for it as it was.
      return {
        settled_at: moved('settled_at'),
        due_at: sql`CASE WHEN ${moves} AND ${given('stage')} = ${raw(String(ENDED))} THEN NULL
          WHEN ${moves} AND ${kept('status')} = ${LOST} AND ${kept('tracked')} = 1 THEN ${now} ELSE ${kept('due_at')} END`,
        absences: raw('0'),
        inbox_id: moved('inbox_id'),
        status: moved('status'),
        stage: moved('stage'),
      };
    });
  }

  /** From now on the poller asks for it, also if it was lost. What a webhook told before this stays. */
  async track(jobId: string, webhookExpected: boolean, dueInMs: number): Promise<void> {
    const { database, dialect } = this.inbox;
    const row = {
      identity: this.identity(jobId),
      source: SOURCE,
      account: this.account,
      job_id: jobId,
      status: 'processing',
      stage: 1,
      tracked: 1,
      webhook_expected: webhookExpected ? 1 : 0,
      created_at: dialect.now,
      due_at: sql`${dialect.now} + ${dialect.number(Math.round(dueInMs))}`,
    };
    const changes: Upsert['changes'] = ({ given, kept }) => {
      const revived = (column: string, value = given(column)): Sql =>
        sql`CASE WHEN ${kept('status')} = ${LOST} THEN ${value} ELSE ${kept(column)} END`;
      return {
        tracked: raw('1'),
        webhook_expected: given('webhook_expected'),
        due_at: sql`CASE WHEN ${kept('stage')} = ${raw(String(ENDED))} THEN NULL ELSE ${given('due_at')} END`,
        absences: raw('0'),
        settled_at: revived('settled_at', raw('NULL')),
        stage: revived('stage'),
        status: revived('status'),
      };
    };
    await database.statement(() => this.upsert([row], changes));
  }

  /** Jobs to be asked for now, the longest due first. */
  async due(limit: number, beyondList: boolean): Promise<readonly TrackedJob[]> {
    const { database, dialect } = this.inbox;
    const rows = await database.read(() =>
      only(sql`SELECT ${COLUMNS}, ${dialect.now} AS now FROM ${this.table}
        WHERE source = ${SOURCE} AND due_at <= ${dialect.now} AND account = ${this.account}
        AND beyond_list = ${raw(beyondList ? '1' : '0')} ORDER BY due_at, id LIMIT ${limit}`),
    );
    return rows.map(trackedJob);
  }

  /** Those that are asked for, the next first. */
  async watched(limit: number): Promise<readonly WatchedSubject[]> {
    const rows = await this.inbox.database.read(() =>
      only(sql`SELECT job_id, status, due_at, absences FROM ${this.table} WHERE source = ${SOURCE}
        AND due_at IS NOT NULL AND account = ${this.account} ORDER BY due_at, id LIMIT ${limit}`),
    );
    return rows.map((row) => ({
      id: String(row['job_id']),
      state: String(row['status']),
      dueAt: Number(row['due_at']),
      misses: Number(row['absences']),
    }));
  }

  async find(jobIds: readonly string[]): Promise<readonly TrackedJob[]> {
    if (jobIds.length === 0) return [];
    const { database, dialect } = this.inbox;
    const identities = jobIds.map((jobId) => this.identity(jobId));
    const rows = await database.read(() =>
      only(sql`SELECT ${COLUMNS}, ${dialect.now} AS now FROM ${this.table}
        WHERE identity IN (${join(identities)})`),
    );
    return rows.map(trackedJob);
  }

  /**
   * Counts a look at each job and sets when the next one is due, before anything is made of what
   * was seen: whatever goes wrong then, a job is never asked for in a tight loop.
   */
  async polled(next: ReadonlyMap<string, number>): Promise<void> {
    await this.count(next, sql`polls = polls + 1`);
  }

  /** As `polled`, for jobs that Armox has shown. */
  async seen(next: ReadonlyMap<string, number>): Promise<void> {
    await this.count(next, sql`polls = polls + 1, absences = 0`);
  }

  /** As `polled`, for a job that Armox did not know. */
  async absent(rowId: string, nextInMs: number): Promise<void> {
    await this.count(new Map([[rowId, nextInMs]]), sql`polls = polls + 1, absences = absences + 1`);
  }

  /** Lost jobs that Armox shows again are asked for as before. */
  async revive(rowIds: readonly string[]): Promise<void> {
    if (rowIds.length === 0) return;
    const { dialect } = this.inbox;
    await this
      .change(sql`UPDATE ${this.table} SET status = 'processing', stage = 1, settled_at = NULL,
      absences = 0, due_at = ${dialect.now} WHERE ${dialect.oneOf('id', rowIds)} AND status = ${LOST}`);
  }

  private async count(next: ReadonlyMap<string, number>, counts: Sql): Promise<void> {
    if (next.size === 0) return;
    const { dialect } = this.inbox;
    const cases = [...next].map(
      ([id, inMs]) =>
        sql`WHEN ${dialect.number(BigInt(id))} THEN ${dialect.number(Math.round(inMs))}`,
    );
    await this.change(sql`UPDATE ${this.table} SET ${counts},
      due_at = ${dialect.now} + CASE id ${join(cases, ' ')} END
      WHERE ${dialect.oneOf('id', [...next.keys()])} AND due_at IS NOT NULL`);
  }

  /** The list is full of younger jobs: these are asked for by id from now on. */
  async passedByList(rowIds: readonly string[]): Promise<void> {
    if (rowIds.length === 0) return;
    const { dialect } = this.inbox;
    await this.change(
      sql`UPDATE ${this.table} SET beyond_list = 1 WHERE ${dialect.oneOf('id', rowIds)}`,
    );
  }

  /** Ends a job; the first end stands, but for `lost`, which a later status of Armox's puts right. */
  async settle(rowIds: readonly string[], status: string): Promise<void> {
    if (rowIds.length === 0) return;
    const { dialect } = this.inbox;
    await this.change(sql`UPDATE ${this.table} SET status = ${status}, stage = ${stageOf(status)},
      settled_at = ${dialect.now}, due_at = NULL
      WHERE ${dialect.oneOf('id', rowIds)} AND stage < ${raw(String(ENDED))}`);
  }

  /** Forgets jobs older than this that nobody asks for any more. @returns how many; call again until 0 */
  async prune(olderThanMs: number, batch: number): Promise<number> {
    const { database, dialect } = this.inbox;
    const old = await database.read(() =>
      only(sql`SELECT id FROM ${this.table} WHERE source = ${SOURCE} AND due_at IS NULL
        AND created_at < ${dialect.now} - ${dialect.number(olderThanMs)} ORDER BY id LIMIT ${batch}`),
    );
    if (old.length === 0) return 0;
    const ids = old.map((row) => String(row['id']));
    await this.change(sql`DELETE FROM ${this.table} WHERE ${dialect.oneOf('id', ids)}`);
    return ids.length;
  }

  private identity(jobId: string): Buffer {
    return hashOf(SOURCE, this.account, jobId);
  }

  private async change(statement: Sql): Promise<void> {
    await this.inbox.database.statement(() => only(statement));
  }

  private upsert(rows: Upsert['rows'], changes: Upsert['changes']): Unit<readonly Row[]> {
    return this.inbox.dialect.upsert({ table: this.table, key: 'identity', rows, changes });
  }

  private get table(): Sql {
    return this.inbox.tables.of(jobTable);
  }
}

/** Job ids and statuses as their columns hold them. */
export const storableStatus = (status: string): string => storableName(status, STATUS_LENGTH);

function trackedJob(row: Row): TrackedJob {
  return {
    rowId: String(row['id']),
    jobId: String(row['job_id']),
    status: String(row['status']),
    settled: row['settled_at'] !== null,
    tracked: Number(row['tracked']) === 1,
    webhookExpected: Number(row['webhook_expected']) === 1,
    beyondList: Number(row['beyond_list']) === 1,
    polls: Number(row['polls']),
    absences: Number(row['absences']),
    age: Number(row['now']) - Number(row['created_at']),
    inboxId: idOrNull(row['inbox_id']),
  };
}

const idOrNull = (value: unknown): string | null =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint'
    ? String(value)
    : null;
