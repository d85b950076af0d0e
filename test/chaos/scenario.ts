import type { DatabaseKind } from '../databases.js';
import type { Findings } from './findings.js';
import type { Random } from './seed.js';

export interface World {
  /** The short form is for every change, the long one for a night. */
  readonly short: boolean;
  readonly random: Random;
  readonly findings: Findings;
}

/** One program of the chaos suite; run once for each database that it names. */
export interface Scenario {
  readonly name: string;
  /** One sentence for the list. */
  readonly about: string;
  /** Undefined for one that needs no database of its own. */
  readonly databases: readonly DatabaseKind['name'][];
  run(world: World, database: DatabaseKind): Promise<void>;
}
