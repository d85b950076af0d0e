import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../test/chaos/database.options.js';
import type { DatabaseKind } from '../../test/databases.js';
import { Child } from '../child.js';
import { undisturbed, type Judged } from '../disturbance.js';
import { REDIS_URL } from '../redis.js';
import { SUM_OF_EFFECTS } from './effects.js';
import { EXACTLY_ONCE, type Figure } from './figures.js';
import { groundOn, holdSnapshot, type Ground } from './ground.js';
import { settingsText } from './settings.js';
import type { Order, RunResult, SubjectMessage } from './subject.js';
import type { Entry } from './subjects.js';

export interface RaceOptions {
  readonly figure: Figure;
  /** Events that are measured. */
  readonly backlog: number;
  /** Events that each worker handles before, in the same process. */
  readonly warmUp: number;
  /** Rows that are there already and done. */
  readonly done: number;
  /** Whether a transaction elsewhere keeps its snapshot during each run. */
  readonly longTransaction: boolean;
  readonly rounds: number;
}

/** An entry and what was measured of it, round by round; nothing where it was skipped. */
export interface RaceResult {
  readonly entry: Entry;
  readonly rounds: readonly Judged<RunResult>[];
}

/** Each entry works off the same backlog in a process and a database of its own; they take turns. */
export async function race(
  kind: DatabaseKind,
  entries: readonly Entry[],
  options: RaceOptions,
): Promise<readonly RaceResult[]> {
  const lanes: Lane[] = [];
  try {
    for (const entry of entries) {
      if (entry.skipped === undefined) lanes.push(await Lane.open(kind, entry, options));
    }
    for (let round = 0; round < options.rounds; round += 1) {
      for (const lane of lanes) await lane.run();
    }
  } finally {
    for (const lane of lanes) await lane.close();
  }
  return entries.map((entry) => ({
    entry,
    rounds: lanes.find((lane) => lane.entry === entry)?.results ?? [],
  }));
}

class Lane {
  readonly results: Judged<RunResult>[] = [];

  private constructor(
    readonly entry: Entry,
    private readonly kind: DatabaseKind,
    private readonly options: RaceOptions,
    private readonly ground: Ground,
  ) {}

  static async open(kind: DatabaseKind, entry: Entry, options: RaceOptions): Promise<Lane> {
    const ground = await groundOn(kind, async (url) => {
      await tell(entry, { step: 'prepare', order: orderOf(kind, entry, options, url) });
    });
    return new Lane(entry, kind, options, ground);
  }

  async run(): Promise<void> {
    const what = `${this.options.figure}, ${this.entry.text}, ${settingsText(this.entry.settings)}`;
    this.results.push(await undisturbed(what, () => this.once()));
  }

  close(): Promise<void> {
    return this.ground.drop();
  }

  private async once(): Promise<RunResult> {
    const { entry, kind, options } = this;
    const database = await this.ground.open();
    try {
      const release = options.longTransaction ? await holdSnapshot(database.url) : undefined;
      const order = orderOf(kind, entry, options, database.url);
      const result = await tell<RunResult>(entry, { step: 'run', order });
      await release?.();
      await this.verify(database.url);
      return result;
    } finally {
      await database.drop();
    }
  }

  /** @throws Error when an event has had no effect, or more of them than are promised */
  private async verify(url: string): Promise<void> {
    const { figure } = this.options;
    const events = inAll(this.options);
    if (figure === 'empty') return;
    const database = await new DataSource(dataSourceOptions(this.kind.name, url)).initialize();
    const [row] = await database.query<{ sum: string }[]>(SUM_OF_EFFECTS);
    await database.destroy();
    const effects = Number(row?.sum);
    if (EXACTLY_ONCE[figure] ? effects !== events : !(effects >= events)) {
      throw new Error(`${this.entry.text}: ${effects} effects of ${events} events (${figure}).`);
    }
  }
}

const inAll = ({ backlog, warmUp }: RaceOptions): number => backlog + warmUp;

function orderOf(
  kind: DatabaseKind,
  { settings }: Entry,
  options: RaceOptions,
  databaseUrl: string,
): Order {
  const { figure, warmUp, done } = options;
  const what = { figure, backlog: inAll(options), warmUp, done, settings };
  return { kind: kind.name, databaseUrl, redisUrl: REDIS_URL, ...what };
}

/** A process for one step, so that none finds warm what another has left. */
async function tell<Answer>({ file }: Entry, message: SubjectMessage): Promise<Answer> {
  const child = new Child(file);
  try {
    return await child.ask<Answer>(message);
  } finally {
    child.kill();
  }
}
