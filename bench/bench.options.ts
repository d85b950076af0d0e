import { parseArgs } from 'node:util';
import { availableDatabases, type DatabaseKind } from '../test/databases.js';
import { OPPONENTS, type Opponent } from './against.js';
import { VARIANTS, type Variant } from './ingest/variants.js';
import { FIGURES, type Figure } from './worker/figures.js';
import { RACERS, type RacerName } from './worker/subjects.js';

export interface BenchOptions {
  readonly databases: readonly DatabaseKind[];
  /** Each variant is measured so often, in turns with the others; the table shows the medians. */
  readonly rounds: number;
  /** What the module is compared with. */
  readonly against: readonly Opponent[];
  /** Of the ingest bench; all of them when empty. */
  readonly variants: readonly Variant[];
  readonly requests: number;
  /** Of the ingest bench: requests that are under way at once. */
  readonly connections: number;
  readonly figures: readonly Figure[];
  /** Of the sweep. */
  readonly racers: readonly RacerName[];
  /** Whether the module also runs with the settings of `peers/best-settings.ts`. */
  readonly best: boolean;
  readonly backlog: number;
  /** Events before those of the backlog that are not measured. */
  readonly warmUp: number;
  /** Rows that are there already and done; undefined = as the bench has it. */
  readonly done: number | undefined;
  /** Whether a transaction elsewhere keeps its snapshot meanwhile. */
  readonly longTransaction: boolean;
  /** Where the measurements are written as JSON; undefined = nowhere. */
  readonly json: string | undefined;
}

/** `[ingest] [worker] … --database postgres --against pg-boss,bullmq --rounds 9`; docs/performance.md has them all. */
export async function readCommandLine() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      database: { type: 'string', multiple: true },
      against: { type: 'string', multiple: true, default: [] },
      variant: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string', default: '9' },
      requests: { type: 'string', default: '3000' },
      connections: { type: 'string', default: '64' },
      figure: { type: 'string', multiple: true, default: [] },
      peer: { type: 'string', multiple: true, default: [] },
      best: { type: 'boolean', default: false },
      backlog: { type: 'string', default: '20000' },
      'warm-up': { type: 'string', default: '10000' },
      done: { type: 'string' },
      'long-transaction': { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  });
  const wanted = values.database;
  const databases = (await availableDatabases()).filter(
    ({ name, available }) => available && (wanted === undefined || wanted.includes(name)),
  );
  const figures = chosen('--figure', values.figure, FIGURES);
  const options: BenchOptions = {
    databases,
    rounds: Number(values.rounds),
    against: chosen('--against', values.against, OPPONENTS),
    variants: chosen('--variant', values.variant, VARIANTS),
    requests: Number(values.requests),
    connections: Number(values.connections),
    figures: figures.length > 0 ? figures : FIGURES,
    racers: chosen('--peer', values.peer, RACERS),
    best: values.best,
    backlog: Number(values.backlog),
    warmUp: Number(values['warm-up']),
    done: values.done === undefined ? undefined : Number(values.done),
    longTransaction: values['long-transaction'],
    json: values.json,
  };
  return { names: positionals, options };
}

/** @throws Error for a name that there is not */
function chosen<Name extends string>(
  option: string,
  given: readonly string[],
  known: readonly Name[],
): readonly Name[] {
  return given
    .flatMap((names) => names.split(','))
    .map((wanted) => {
      const found = known.find((name) => name === wanted);
      if (found === undefined) {
        throw new Error(`${option}: there is no "${wanted}"; there are ${known.join(', ')}.`);
      }
      return found;
    });
}
