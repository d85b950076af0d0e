import { parseArgs } from 'node:util';
import { FIGURES, type Figure } from './race/figures.js';
import { availableDatabases, type DatabaseKind } from '../test/databases.js';

export interface BenchOptions {
  readonly databases: readonly DatabaseKind[];
  /** Each variant is measured so often, in turns with the others; the table shows the medians. */
  readonly rounds: number;
  /** Of the ingest bench; all of them when empty. */
  readonly variants: readonly string[];
  readonly requests: number;
  readonly backlog: number;
  readonly done: number;
  /** Engines that the worker is compared with: `pg-boss`, `graphile-worker`, `bullmq`. */
  readonly against: readonly string[];
  readonly figures: readonly Figure[];
  /** Done rows that are in the tables before the race. */
  readonly ballast: number;
  /** Whether a transaction is open elsewhere meanwhile. */
  readonly longTransaction: boolean;
  /** Where the results of a race are written. */
  readonly json: string | undefined;
}

/** `[ingest] [worker] [growth] --database postgres --variant module --rounds 9 --requests 3000 --backlog 20000 --done 200000` */
export async function readCommandLine() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      database: { type: 'string', multiple: true },
      variant: { type: 'string', multiple: true, default: [] },
      rounds: { type: 'string', default: '9' },
      requests: { type: 'string', default: '3000' },
      backlog: { type: 'string', default: '20000' },
      done: { type: 'string', default: '200000' },
      against: { type: 'string', default: '' },
      figure: { type: 'string', multiple: true, default: Object.keys(FIGURES) },
      ballast: { type: 'string', default: '0' },
      'long-transaction': { type: 'boolean', default: false },
      json: { type: 'string' },
    },
  });
  const wanted = values.database;
  const databases = (await availableDatabases()).filter(
    ({ name, available }) => available && (wanted === undefined || wanted.includes(name)),
  );
  const options: BenchOptions = {
    databases,
    variants: values.variant,
    rounds: Number(values.rounds),
    requests: Number(values.requests),
    backlog: Number(values.backlog),
    done: Number(values.done),
    against: values.against.split(',').filter((name) => name !== ''),
    figures: values.figure as readonly Figure[],
    ballast: Number(values.ballast),
    longTransaction: values['long-transaction'],
    json: values.json,
  };
  return { names: positionals, options };
}
