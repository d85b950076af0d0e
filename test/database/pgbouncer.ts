import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { Child, freePort } from '../child.js';

/** Debian puts it where only root looks. */
const env = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };

/** `[1, 18, 0]`; undefined where there is none. With REQUIRE_SERVERS=1 that is an error instead. */
export function pgbouncerVersion(): readonly number[] | undefined {
  const { stdout } = spawnSync('pgbouncer', ['--version'], { env, encoding: 'utf8' });
  const found = /PgBouncer (\d+)\.(\d+)/.exec(stdout ?? '');
  if (found) return found.slice(1).map(Number);
  if (process.env['REQUIRE_SERVERS'] === '1') {
    throw new Error('REQUIRE_SERVERS=1, but there is no pgbouncer to start.');
  }
  return undefined;
}

export interface Pooling {
  /** Connections to the server, for each database. */
  readonly poolSize: number;
  /** Prepared statements that it follows on each of them. Default: the version's own. */
  readonly maxPreparedStatements?: number;
}

/** A pooler with transactions as its unit, as a process of its own. */
export class PgBouncer {
  private constructor(
    private readonly child: Child,
    private readonly folder: string,
    /** The database that it was started for, through it. */
    readonly url: string,
  ) {}

  /** @param database the URL of a database */
  static async start(database: string, pooling: Pooling): Promise<PgBouncer> {
    const folder = await mkdtemp(join(tmpdir(), 'armox-armalo-pgbouncer-'));
    // It is another user's process where the tests are root's, for whom it does not run.
    await chmod(folder, 0o755);
    const port = await freePort();
    const file = join(folder, 'pgbouncer.ini');
    await writeFile(file, configuration(new URL(database), port, pooling));
    const asWhom = userInfo().uid === 0 ? ['-u', 'postgres'] : [];
    // What it says goes to stderr.
    const command = 'exec pgbouncer "$@" 2>&1';
    const child = new Child('sh', ['-c', command, 'pgbouncer', ...asWhom, file], env);
    await child.says(/process up/);
    const url = new URL(database);
    url.host = `127.0.0.1:${port}`;
    return new PgBouncer(child, folder, url.href);
  }

  async stop(): Promise<void> {
    await this.child.stop();
    await rm(this.folder, { recursive: true });
  }
}

function configuration(server: URL, port: number, pooling: Pooling): string {
  const password = server.password === '' ? '' : ` password=${server.password}`;
  // Versions before 1.21 know no prepared statements, and not the word either.
  const [major = 0, minor = 0] = pgbouncerVersion() ?? [];
  const knows = major > 1 || minor >= 21;
  const follows = knows && pooling.maxPreparedStatements !== undefined;
  return `[databases]
* = host=${server.hostname} port=${server.port || '5432'} user=${server.username}${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${pooling.poolSize}
${follows ? `max_prepared_statements = ${pooling.maxPreparedStatements}` : ''}
`;
}
