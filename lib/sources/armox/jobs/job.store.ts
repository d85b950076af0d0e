import { join, only, raw, sql, type Row, type Sql, type Unit } from '../../../database/index.js';
import { hashOf, storableName, type InboxDatabase } from '../../../inbox/index.js';
import { isTerminalJobStatus } from './armox.job-status.js';

/** A job that Armox no longer knows, or that did not end in time; ours, not one of Armox's. */
export const LOST = 'lost';

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
/** Order of the statuses: a job never goes back. Any one puts `lost` right. */
const ENDED = 2;
const stageOf = (status: string): number =>
  isTerminalJobStatus(status) ? ENDED : status === 'pending' || status === LOST ? 0 : 1;

const COLUMNS = raw(
  'id, job_id, status, settled_at, tracked, webhook_expected, beyond_list, polls, absences, created_at, inbox_id',
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
      return sql`(${identity}, ${SOURCE}, ${item.account}, ${item.jobId}, ${item.status}, ${stage}, 0, 0, ${now},
        ${raw('NULL')}, ${ended ? now : raw('NULL')}, ${ended ? BigInt(item.inboxId) : raw('NULL')})`;
    });
    const { given, kept, moves } = this.conflict;
    yield this.upsert(
      values,
      sql`
      settled_at = CASE WHEN ${moves} THEN ${given('settled_at')} ELSE ${kept('settled_at')} END,
      due_at = CASE WHEN ${moves} AND ${given('stage')} = ${raw(String(ENDED))} THEN NULL
        WHEN ${moves} AND ${kept('status')} = ${LOST} AND ${kept('tracked')} = 1 THEN ${now} ELSE ${kept('due_at')} END,
      absences = 0,
      inbox_id = CASE WHEN ${moves} THEN ${given('inbox_id')} ELSE ${kept('inbox_id')} END,
      status = CASE WHEN ${moves} THEN ${given('status')} ELSE ${kept('status')} END,
      stage = CASE WHEN ${moves} THEN ${given('stage')} ELSE ${kept('stage')} END`,
    );
  }

  /** From now on the poller asks for it, also if it was lost. What a webhook told before this stays. */
  async track(jobId: string, webhookExpected: boolean, dueInMs: number): Promise<void> {
    const { database, dialect } = this.inbox;
    const { given, kept } = this.conflict;
    const due = sql`${dialect.now} + ${dialect.number(Math.round(dueInMs))}`;
    const row = sql`(${this.identity(jobId)}, ${SOURCE}, ${this.account}, ${jobId}, 'processing', 1, 1,
      ${webhookExpected ? 1 : 0}, ${dialect.now}, ${due}, ${raw('NULL')}, ${raw('NULL')})`;
    const changes = sql`tracked = 1, webhook_expected = ${given('webhook_expected')},
      due_at = CASE WHEN ${kept('stage')} = ${raw(String(ENDED))} THEN NULL ELSE ${given('due_at')} END,
      absences = 0,
      settled_at = CASE WHEN ${kept('status')} = ${LOST} THEN NULL ELSE ${kept('settled_at')} END,
      stage = CASE WHEN ${kept('status')} = ${LOST} THEN ${given('stage')} ELSE ${kept('stage')} END,
      status = CASE WHEN ${kept('status')} = ${LOST} THEN ${given('status')} ELSE ${kept('status')} END`;
    await database.statement(() => only(this.upsert([row], changes)));
  }

  /** Jobs to be asked for now, the longest due first. */
  async due(limit: number, beyondList: boolean): Promise<readonly TrackedJob[]> {
    const { database, dialect, tables } = this.inbox;
    const rows = await database.read(() =>
      only(sql`SELECT ${COLUMNS}, ${dialect.now} AS now FROM ${tables.job}
        WHERE source = ${SOURCE} AND due_at <= ${dialect.now} AND account = ${this.account}
        AND beyond_list = ${raw(beyondList ? '1' : '0')} ORDER BY due_at, id LIMIT ${limit}`),
    );
    return rows.map(trackedJob);
  }

  async find(jobIds: readonly string[]): Promise<readonly TrackedJob[]> {
    if (jobIds.length === 0) return [];
    const { database, dialect, tables } = this.inbox;
    const identities = jobIds.map((jobId) => this.identity(jobId));
    const rows = await database.read(() =>
      only(sql`SELECT ${COLUMNS}, ${dialect.now} AS now FROM ${tables.job}
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

  /** As `looked`, for jobs that Armox has shown. */
  async seen(next: ReadonlyMap<string, number>): Promise<void> {
    await this.count(next, sql`polls = polls + 1, absences = 0`);
  }

  /** As `looked`, for a job that Armox did not know. */
  async absent(rowId: string, nextInMs: number): Promise<void> {
    await this.count(new Map([[rowId, nextInMs]]), sql`polls = polls + 1, absences = absences + 1`);
  }

  /** Lost jobs that Armox shows again are asked for as before. */
  async revive(rowIds: readonly string[]): Promise<void> {
    if (rowIds.length === 0) return;
    const { dialect, tables } = this.inbox;
    await this
      .change(sql`UPDATE ${tables.job} SET status = 'processing', stage = 1, settled_at = NULL,
      absences = 0, due_at = ${dialect.now} WHERE ${dialect.oneOf('id', rowIds)} AND status = ${LOST}`);
  }

  private async count(next: ReadonlyMap<string, number>, counts: Sql): Promise<void> {
    if (next.size === 0) return;
    const { dialect, tables } = this.inbox;
    const cases = [...next].map(
      ([id, inMs]) =>
        sql`WHEN ${dialect.number(BigInt(id))} THEN ${dialect.number(Math.round(inMs))}`,
    );
    await this.change(sql`UPDATE ${tables.job} SET ${counts},
      due_at = ${dialect.now} + CASE id ${join(cases, ' ')} END
      WHERE ${dialect.oneOf('id', [...next.keys()])} AND due_at IS NOT NULL`);
  }

  /** The list is full of younger jobs: these are asked for by id from now on. */
  async passedByList(rowIds: readonly string[]): Promise<void> {
    if (rowIds.length === 0) return;
    const { dialect, tables } = this.inbox;
    await this.change(
      sql`UPDATE ${tables.job} SET beyond_list = 1 WHERE ${dialect.oneOf('id', rowIds)}`,
    );
  }

  /** Ends a job; the first end stands, but for `lost`, which a later status of Armox's puts right. */
  async settle(rowIds: readonly string[], status: string): Promise<void> {
    if (rowIds.length === 0) return;
    const { dialect, tables } = this.inbox;
    await this.change(sql`UPDATE ${tables.job} SET status = ${status}, stage = ${stageOf(status)},
      settled_at = ${dialect.now}, due_at = NULL
      WHERE ${dialect.oneOf('id', rowIds)} AND stage < ${raw(String(ENDED))}`);
  }

  /** Forgets jobs older than this that nobody asks for any more. @returns how many; call again until 0 */
  async prune(olderThanMs: number, batch: number): Promise<number> {
    const { database, dialect, tables } = this.inbox;
    const old = await database.read(() =>
      only(sql`SELECT id FROM ${tables.job} WHERE source = ${SOURCE} AND due_at IS NULL
        AND created_at < ${dialect.now} - ${dialect.number(olderThanMs)} ORDER BY id LIMIT ${batch}`),
    );
    if (old.length === 0) return 0;
    const ids = old.map((row) => String(row['id']));
    await this.change(sql`DELETE FROM ${tables.job} WHERE ${dialect.oneOf('id', ids)}`);
    return ids.length;
  }

  private identity(jobId: string): Buffer {
    return hashOf(SOURCE, this.account, jobId);
  }

  private async change(statement: Sql): Promise<void> {
    await this.inbox.database.statement(() => only(statement));
  }

  private upsert(rows: readonly Sql[], changes: Sql): Sql {
    const { dialect, tables } = this.inbox;
    const columns = raw(
      '(identity, source, account, job_id, status, stage, tracked, webhook_expected, created_at, due_at, settled_at, inbox_id)',
    );
    return dialect.family === 'mysql'
      ? sql`INSERT INTO ${tables.job} ${columns} VALUES ${join(rows)} ON DUPLICATE KEY UPDATE ${changes}`
      : sql`INSERT INTO ${tables.job} AS j ${columns} VALUES ${join(rows)} ON CONFLICT (identity) DO UPDATE SET ${changes}`;
  }

  /** How the three databases name the row that is there and the one that was to be inserted. */
  private get conflict() {
    const mysql = this.inbox.dialect.family === 'mysql';
    const kept = (column: string): Sql => raw(mysql ? column : `j.${column}`);
    const given = (column: string): Sql => raw(mysql ? `VALUES(${column})` : `excluded.${column}`);
    // MySQL carries out assignments from left to right, so `stage` has to be the last one.
    const moves = sql`${kept('stage')} < ${raw(String(ENDED))} AND ${given('stage')} >= ${kept('stage')}`;
    return { kept, given, moves };
  }
}

/** Job ids and statuses as their columns hold them. */
export const storableStatus = (status: string): string => storableName(status, 100);

function mayFollow(before: string, after: string): boolean {
  return stageOf(before) < ENDED && stageOf(after) >= stageOf(before);
}

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
