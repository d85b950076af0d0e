import { InboxFilterError } from '../core/index.js';
import { empty, only, raw, sql, type Row, type Sql } from '../database/index.js';
import { isId, matching } from './event.queries.js';
import type { InboxDatabase } from './inbox.database.js';
import { eventSummary, SUMMARY_COLUMNS } from './inbox.rows.js';
import type {
  EventFilter,
  EventPage,
  EventSummary,
  EventTotal,
  PageRequest,
} from './stored.event.js';

const LONGEST_PAGE = 1_000;
/** Rows that one part of a list looks through, where no index leads to those that fit. */
const WINDOW = 20_000;
/** Windows that a count looks through. */
const MOST_WINDOWS = 5;
const MOST_COUNTED = 10_000;
/** Rows get their ids a little before they are committed, and so not quite in the order of their times. */
const DISORDER_MS = 60_000;

/** The rows from `above` (exclusive) up to `below` (exclusive), both ids. */
interface Range {
  readonly above: bigint;
  readonly below: bigint;
}

/**
 * The lists of events. Each part goes by the primary key through a bounded number of rows, or by an index to the few
 * that are in a state: an index for every condition would cost every insert, and a search without one would read
 * millions of rows for the one that does not exist.
 */
export class EventSearch {
  constructor(private readonly inbox: InboxDatabase) {}

  async list(filter: EventFilter, page: PageRequest = {}): Promise<EventPage> {
    const { limit = 100, after } = page;
    const length = Math.min(Math.max(1, Math.trunc(limit)), LONGEST_PAGE);
    const range = await this.rangeOf(filter, after);
    const window = this.isNarrow(filter) ? undefined : await this.windowOf(range);
    const rows = await this.select(filter, window ?? range, length + 1);
    const events = rows.slice(0, length).map(eventSummary);
    if (rows.length > length) return { events, next: events.at(-1)?.id, searchedBackTo: undefined };
    return window?.since === undefined
      ? { events, next: undefined, searchedBackTo: undefined }
      : { events, next: String(window.above + 1n), searchedBackTo: window.since };
  }

  /** How many fit, up to 10,000 and as far back as five parts of a list look. */
  async count(filter: EventFilter): Promise<EventTotal> {
    let range = await this.rangeOf(filter, undefined);
    if (this.isNarrow(filter)) return total(await this.countIn(filter, range), false);
    let count = 0;
    for (let windows = 0; windows < MOST_WINDOWS; windows += 1) {
      const window = await this.windowOf(range);
      count += await this.countIn(filter, window);
      if (window.since === undefined || count > MOST_COUNTED) return total(count, false);
      range = { ...range, below: window.above + 1n };
    }
    return total(count, true);
  }

  /** The unfinished event that holds the ordering key of a waiting one. */
  async ahead(id: string): Promise<EventSummary | undefined> {
    if (!isId(id)) return undefined;
    const { inbox } = this.inbox.tables;
    const [row] = await this.read(sql`SELECT ${SUMMARY}, ${this.running} AS running FROM ${inbox}
      WHERE state = 'open' AND order_hash = (SELECT order_hash FROM ${inbox} WHERE id = ${BigInt(id)})`);
    return row && eventSummary(row);
  }

  /** Whether an index leads to the rows that fit, or to not many more. */
  private isNarrow({ id, source, account, eventId, state }: EventFilter): boolean {
    if (id !== undefined) return true;
    if (source !== undefined && account !== undefined && eventId !== undefined) return true;
    return state !== undefined && state !== 'done' && state !== 'ignored';
  }

  private async rangeOf(filter: EventFilter, after: string | undefined): Promise<Range> {
    if (after !== undefined && !isId(after)) {
      throw new InboxFilterError(
        'Nothing is listed, since `after` is not the `next` of a page of this list.',
      );
    }
    const { receivedSince, receivedBefore } = filter;
    const below = after === undefined ? MOST : BigInt(after);
    const since = receivedSince === undefined ? 0n : await this.idAt(receivedSince - DISORDER_MS);
    const before =
      receivedBefore === undefined ? MOST : await this.idAt(receivedBefore + DISORDER_MS);
    return { above: since - 1n, below: before < below ? before : below };
  }

  /** The newest part of a range; `since`: when its oldest row was received, where rows are left before it. */
  private async windowOf(range: Range): Promise<Range & { readonly since: number | undefined }> {
    const [oldest] = await this.read(sql`SELECT id, received_at FROM ${this.inbox.tables.inbox}
      WHERE id > ${range.above} AND id < ${range.below} ORDER BY id DESC LIMIT 1 OFFSET ${WINDOW - 1}`);
    return oldest
      ? {
          above: asBigInt(oldest['id']) - 1n,
          below: range.below,
          since: Number(oldest['received_at']),
        }
      : { ...range, since: undefined };
  }

  /** The id of the first row that was received at a time or later, by halving: ids go up with time. */
  private async idAt(time: number): Promise<bigint> {
    const { inbox } = this.inbox.tables;
    const [ends] = await this.read(sql`SELECT MIN(id) AS first, MAX(id) AS last FROM ${inbox}`);
    if (ends?.['first'] == null) return 0n;
    let low = asBigInt(ends['first']);
    let high = asBigInt(ends['last']) + 1n;
    while (low < high) {
      const middle = (low + high) / 2n;
      const [row] = await this.read(sql`SELECT id, received_at FROM ${inbox}
        WHERE id >= ${middle} ORDER BY id LIMIT 1`);
      if (row && Number(row['received_at']) < time) low = asBigInt(row['id']) + 1n;
      else high = middle;
    }
    return low;
  }

  private select(filter: EventFilter, range: Range, limit: number): Promise<readonly Row[]> {
    return this.read(sql`SELECT ${SUMMARY}, ${this.running} AS running
      FROM ${this.inbox.tables.inbox} WHERE ${this.fitting(filter, range)} ORDER BY id DESC LIMIT ${limit}`);
  }

  private async countIn(filter: EventFilter, range: Range): Promise<number> {
    const [row] = await this.read(sql`SELECT COUNT(*) AS many FROM (
      SELECT id FROM ${this.inbox.tables.inbox} WHERE ${this.fitting(filter, range)}
      LIMIT ${MOST_COUNTED + 1}) fitting`);
    return Number(row?.['many'] ?? 0);
  }

  private fitting(filter: EventFilter, { above, below }: Range): Sql {
    const bounds = sql`${above >= 0n ? sql` AND id > ${above}` : empty}${
      below < MOST ? sql` AND id < ${below}` : empty
    }`;
    return sql`${matching(filter, this.inbox)}${bounds}`;
  }

  private read(statement: Sql): Promise<readonly Row[]> {
    return this.inbox.database.read(() => only(statement));
  }

  private get running(): Sql {
    return sql`CASE WHEN state = 'open' AND lease_until > ${this.inbox.dialect.now} THEN 1 ELSE 0 END`;
  }
}

/** Drivers give big integers as texts. */
const asBigInt = (value: unknown): bigint => BigInt(value as string | number | bigint);

const SUMMARY = raw(SUMMARY_COLUMNS.join(', '));

/** Above every id. */
const MOST = 10n ** 18n;

const total = (count: number, more: boolean): EventTotal => ({
  count: Math.min(count, MOST_COUNTED),
  more: more || count > MOST_COUNTED,
});
