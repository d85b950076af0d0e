import { parseArgs } from 'node:util';
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
  };
  return { names: positionals, options };
}
