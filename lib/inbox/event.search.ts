import { InboxFilterError } from '../core/index.js';
import { empty, only, raw, sql, type Row, type Sql } from '../database/index.js';
import { inState, isId, matching } from './event.queries.js';
import type { InboxDatabase } from './inbox.database.js';
import { eventSummary, SUMMARY_COLUMNS } from './inbox.rows.js';
import { runningOf } from './row.lease.js';
import type {
  EventFilter,
  EventPage,
  EventState,
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
/** As many events of one state are found by their index; of more, a window is likely to hold some. */
const MOST_OF_A_STATE = 5_000;
/** Rows get their ids a little before they are committed, and so not quite in the order of their times. */
const DISORDER_MS = 60_000;

/** The rows from `above` (exclusive) up to `below` (exclusive), both ids. */
interface Range {
  readonly above: bigint;
  readonly below: bigint;
}

/** `way`: a condition through which an index leads to those that fit; undefined where a window is looked through. */
interface Search {
  readonly filter: EventFilter;
  readonly range: Range;
  readonly way: Sql | undefined;
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
    const search = await this.searchFor(filter, after);
    const direct = search.way !== undefined || isEverything(filter);
    const window = direct ? undefined : await this.windowOf(search.range);
    const rows = await this.select({ ...search, range: window ?? search.range }, length + 1);
    const events = rows.slice(0, length).map(eventSummary);
    if (rows.length > length) return { events, next: events.at(-1)?.id, searchedBackTo: undefined };
    return window?.since === undefined
      ? { events, next: undefined, searchedBackTo: undefined }
      : { events, next: String(window.above + 1n), searchedBackTo: window.since };
  }

  /** How many fit, up to 10,000 and as far back as five parts of a list look. */
  async count(filter: EventFilter): Promise<EventTotal> {
    const search = await this.searchFor(filter, undefined);
    if (search.way || isEverything(filter)) return total(await this.countIn(search), false);
    let count = 0;
    let { range } = search;
    for (let windows = 0; windows < MOST_WINDOWS; windows += 1) {
      const window = await this.windowOf(range);
      count += await this.countIn({ ...search, range: window });
      if (window.since === undefined || count > MOST_COUNTED) return total(count, false);
      range = { ...range, below: window.above + 1n };
    }
    return total(count, true);
  }

  /** The unfinished event that holds the ordering key of a waiting one. */
  async ahead(id: string): Promise<EventSummary | undefined> {
    if (!isId(id)) return undefined;
    const { inbox } = this.inbox.tables;
    const [row] = await this
      .read(sql`SELECT ${SUMMARY}, ${runningOf(this.inbox.dialect)} AS running FROM ${inbox}
      WHERE state = 'open' AND order_hash = (SELECT order_hash FROM ${inbox} WHERE id = ${BigInt(id)})`);
    return row && eventSummary(row);
  }

  /** @throws InboxFilterError */
  private async searchFor(filter: EventFilter, after: string | undefined): Promise<Search> {
    const range = await this.rangeOf(filter, after);
    return { filter, range, way: await this.wayTo(filter) };
  }

  private async wayTo({
    id,
    source,
    account,
    eventId,
    state,
  }: EventFilter): Promise<Sql | undefined> {
    if (id !== undefined) return empty;
    if (source !== undefined && account !== undefined && eventId !== undefined) return empty;
    if (state === undefined) return undefined;
    const { dialect, tables } = this.inbox;
    const ofState = sql`SELECT id FROM (SELECT id FROM ${tables.inbox}
      WHERE ${inState(state, dialect)} ORDER BY ${inIndexOrder(state)}
      LIMIT ${MOST_OF_A_STATE + 1}) of_state`;
    const ids = await this.read(ofState);
    return ids.length > MOST_OF_A_STATE ? undefined : sql` AND id IN (${ofState})`;
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

  private select(search: Search, limit: number): Promise<readonly Row[]> {
    return this.read(sql`SELECT ${SUMMARY}, ${runningOf(this.inbox.dialect)} AS running
      FROM ${this.inbox.tables.inbox} WHERE ${this.fitting(search)} ORDER BY id DESC LIMIT ${limit}`);
  }

  private async countIn(search: Search): Promise<number> {
    const [row] = await this.read(sql`SELECT COUNT(*) AS many FROM (
      SELECT id FROM ${this.inbox.tables.inbox} WHERE ${this.fitting(search)}
      ${search.way ? empty : raw('ORDER BY id DESC')} LIMIT ${MOST_COUNTED + 1}) fitting`);
    return Number(row?.['many'] ?? 0);
  }

  private fitting({ filter, way = empty, range: { above, below } }: Search): Sql {
    const since = above >= 0n ? sql` AND id > ${above}` : empty;
    // A list of everything has a bound too: each planner goes by the primary key then.
    const before = below < MOST || isEverything(filter) ? sql` AND id < ${below}` : empty;
    return sql`${matching(filter, this.inbox)}${way}${since}${before}`;
  }

  private read(statement: Sql): Promise<readonly Row[]> {
    return this.inbox.database.read(() => only(statement));
  }
}

/** Each row fits, so that the first ones are those of the list. */
const isEverything = (filter: EventFilter): boolean =>
  Object.values(filter).every((value) => value === undefined);

/** In this order the index of a state is the only way that sorts nothing. */
function inIndexOrder(state: EventState): Sql {
  if (state === 'open' || state === 'running') return raw('due_at, id');
  return state === 'waiting' ? raw('order_hash, id') : raw('body_gone, due_at');
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
