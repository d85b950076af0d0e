import type { DatabaseKind } from '../../test/databases.js';
import type { BenchOptions } from '../bench.options.js';
import { median, timed } from '../measure.js';
import type { Report } from '../report.js';
import { milliseconds, printTable, twoPlaces, whole } from '../table.js';
import { benchApp } from '../worker/bench.app.js';
import { newRows } from '../worker/rows.js';
import { INBOX_STORE } from '../../lib/core/tokens.js';
import type { InboxStore } from '../../lib/inbox/index.js';

const STEPS = ['insert', 'claim', 'settle'] as const;
type Step = (typeof STEPS)[number];

const ROWS = 50;
const LEASE = 30_000;
const FILL_AT_ONCE = 500;
const TURNS = 20;
const DONE = 200_000;

/** What the rows that are done, and kept, cost those that are not. */
export async function benchGrowth(options: BenchOptions, report: Report): Promise<void> {
  for (const database of options.databases) await onDatabase(database, options, report);
}

async function onDatabase(
  kind: DatabaseKind,
  { rounds, done = DONE }: BenchOptions,
  report: Report,
): Promise<void> {
  const small = await Ground.open(kind);
  const grown = await Ground.open(kind);
  for (let rows = 0; rows < done; rows += FILL_AT_ONCE) await grown.turn(FILL_AT_ONCE);
  for (let round = 0; round <= rounds; round += 1) {
    for (const ground of [small, grown]) {
      for (let turn = 0; turn < TURNS; turn += 1) {
        const times = await ground.turn(ROWS);
        if (round > 0) ground.times.push(times);
      }
    }
  }
  const rows = STEPS.map((step) => {
    const [before, after] = [small, grown].map(({ times }) => median(times.map((t) => t[step])));
    report.add({
      bench: 'growth',
      database: kind.name,
      subject: step,
      rows: ROWS,
      done,
      before,
      after,
    });
    return {
      [kind.name]: `${step} ${ROWS}`,
      'empty inbox': milliseconds(before ?? 0),
      [`${whole(done)} done rows`]: milliseconds(after ?? 0),
      ratio: twoPlaces((after ?? 0) / (before ?? 1)),
    };
  });
  printTable('Beside rows that are done', rows);
  await small.close();
  await grown.close();
}

/** An inbox on a database of its own. */
class Ground {
  readonly times: Readonly<Record<Step, number>>[] = [];
  private next = 0;

  private constructor(
    private readonly store: InboxStore,
    readonly close: () => Promise<void>,
  ) {}

  static async open(kind: DatabaseKind): Promise<Ground> {
    const database = await kind.create();
    const app = await benchApp(database.options, false);
    await app.init();
    return new Ground(app.get<InboxStore>(INBOX_STORE), async () => {
      await app.close();
      await database.drop();
    });
  }

  /** So many rows go through their whole life. */
  async turn(count: number): Promise<Readonly<Record<Step, number>>> {
    const rows = newRows(this.next, count);
    this.next += count;
    const insert = await timed(() => this.store.insert(rows));
    let claimed: Awaited<ReturnType<InboxStore['claim']>> = [];
    const claim = await timed(async () => {
      claimed = await this.store.claim(count, LEASE);
    });
    const settle = await timed(() =>
      this.store.settle(
        claimed.map(({ id, token, attempt }) => ({
          ...{ id, token, attempt, to: 'done' as const },
          completedHandlers: ['Handlers.handle'],
          failures: [],
        })),
      ),
    );
    return { insert, claim, settle };
  }
}
