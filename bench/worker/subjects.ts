import { whyNot, PEERS, type PeerName } from '../against.js';
import { BEST_SETTINGS } from '../peers/best-settings.js';
import type { Figure } from './figures.js';
import type { Settings } from './settings.js';

export const RACERS = ['module', ...PEERS] as const;
export type RacerName = (typeof RACERS)[number];

/** Who can take part in which figure, and the file of its process. */
interface Racer {
  readonly text: string;
  readonly file: string;
  readonly figures: readonly Figure[];
  /** Whether its jobs stay when they are done, so that `--done` means something to it. */
  readonly keepsDone: boolean;
}

const RACER: Readonly<Record<RacerName, Racer>> = {
  module: {
    text: 'this module',
    file: './worker/module.subject.ts',
    figures: ['empty', 'at-least-once', 'transaction', 'grouped'],
    keepsDone: true,
  },
  'pg-boss': {
    text: 'pg-boss',
    file: './peers/pg-boss.subject.ts',
    figures: ['empty', 'at-least-once', 'transaction', 'grouped'],
    keepsDone: true,
  },
  'graphile-worker': {
    text: 'graphile-worker',
    file: './peers/graphile-worker.subject.ts',
    figures: ['empty', 'at-least-once'],
    keepsDone: false,
  },
  // Its jobs are in Redis, so no transaction of the application's database holds their end.
  bullmq: {
    text: 'bullmq (Redis)',
    file: './peers/bullmq.subject.ts',
    figures: ['empty', 'at-least-once'],
    keepsDone: false,
  },
};

/** A racer with the settings that it runs with. */
export interface Entry {
  readonly racer: RacerName;
  readonly text: string;
  readonly file: string;
  readonly settings: Settings;
  /** Whether the done rows of a race are there for it too. */
  readonly keepsDone: boolean;
  /** Why it does not run; undefined where it does. */
  readonly skipped: string | undefined;
}

/** @param racer must be able to take part: see `takesPart` */
export function entryOf(racer: RacerName, settings: Settings): Entry {
  const { text, file, keepsDone } = RACER[racer];
  const skipped = racer === 'module' ? undefined : whyNot(racer);
  return { racer, text, file, settings, keepsDone, skipped };
}

export const takesPart = (racer: RacerName, figure: Figure): boolean =>
  RACER[racer].figures.includes(figure);

/** The module with its defaults and, where wanted, at its best; peers always at theirs. */
export function entriesOf(
  figure: Figure,
  peers: readonly PeerName[],
  moduleAtItsBest: boolean,
): readonly Entry[] {
  const atTheirBest: readonly RacerName[] = [
    ...(moduleAtItsBest ? ['module' as const] : []),
    ...peers,
  ];
  return [
    entryOf('module', {}),
    ...atTheirBest
      .filter((racer) => takesPart(racer, figure))
      .map((racer) => entryOf(racer, BEST_SETTINGS[racer][figure] ?? {})),
  ];
}
