import { only, sql } from '../database/index.js';
import type { InboxDatabase } from '../inbox/index.js';

/** How a service's webhooks do. */
export interface ServiceDelivery {
  readonly source: string;
  /** Events of the latest ones that came by webhook, and that the poller had to bring. */
  readonly webhooks: number;
  readonly repaired: number;
  /** `repaired` of both, 0 to 1; null without events. It is the alarm: above 0, webhooks are lost or late. */
  readonly repairedShare: number | null;
  /** Milliseconds since the last webhook; null = none among the latest events. */
  readonly lastWebhookAge: number | null;
  /** Milliseconds between webhooks, the median of the latest; null with fewer than three. */
  readonly usualGap: number | null;
  /** `lastWebhookAge / usualGap`: 1 is usual; far above it, they have stopped. Null where either is. */
  readonly silence: number | null;
}

/** Latest events of each service that are looked at. */
const LATEST = 500;

/** What tells of webhooks that do not arrive. */
export class DeliveryHealth {
  constructor(
    private readonly parts: InboxDatabase,
    private readonly sources: readonly string[],
  ) {}

  async read(): Promise<readonly ServiceDelivery[]> {
    const all: ServiceDelivery[] = [];
    for (const source of this.sources) all.push(await this.readOne(source));
    return all;
  }

  private async readOne(source: string): Promise<ServiceDelivery> {
    const { database, dialect, tables } = this.parts;
    // By id, within a window of the table's end: an index on the source would cost every insert.
    const rows = await database.read(() =>
      only(sql`SELECT origin, received_at, now FROM (
        SELECT id, source, origin, received_at, ${dialect.now} AS now FROM ${tables.inbox}
        ORDER BY id DESC LIMIT ${LATEST * 4}) latest
        WHERE source = ${source} ORDER BY id DESC LIMIT ${LATEST}`),
    );
    const webhooks = rows.filter((row) => row['origin'] === 'webhook');
    const repaired = rows.filter((row) => row['origin'] === 'poll').length;
    const times = webhooks.map((row) => Number(row['received_at']));
    const lastWebhookAge = times[0] === undefined ? null : Number(rows[0]?.['now']) - times[0];
    const usualGap = medianGap(times);
    return {
      source,
      webhooks: webhooks.length,
      repaired,
      repairedShare: rows.length === 0 ? null : share(repaired, webhooks.length),
      lastWebhookAge,
      usualGap,
      silence: lastWebhookAge === null || !usualGap ? null : lastWebhookAge / usualGap,
    };
  }
}

const share = (part: number, rest: number): number => (part === 0 ? 0 : part / (part + rest));

/** @param times latest first */
function medianGap(times: readonly number[]): number | null {
  const gaps = times.slice(1).map((time, index) => (times[index] as number) - time);
  if (gaps.length < 2) return null;
  gaps.sort((a, b) => a - b);
  return gaps[Math.floor(gaps.length / 2)] ?? null;
}
