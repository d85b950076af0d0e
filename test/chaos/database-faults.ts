import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Ground } from './ground.js';
import type { Proxy } from './proxy.js';

export interface Fault {
  readonly name: string;
  /** True where nothing can be committed until it is over: every answer meanwhile is 503. */
  readonly outage: boolean;
  begin(): Promise<void>;
  end(): Promise<void>;
}

/** Of the network alone. */
export function networkFaults(proxy: Proxy): readonly Fault[] {
  const set = (name: string, outage: boolean, begin: () => unknown, end: () => unknown): Fault => ({
    name,
    outage,
    begin: async () => void (await begin()),
    end: async () => void (await end()),
  });
  return [
    set(
      'a slow line',
      false,
      () => (proxy.delay = 40),
      () => (proxy.delay = 0),
    ),
    set(
      'a silent line',
      true,
      () => (proxy.silent = true),
      () => {
        proxy.silent = false;
        // What was swallowed does not come any more.
        proxy.reset();
      },
    ),
    set(
      'a restart',
      true,
      () => proxy.close(),
      () => proxy.open(),
    ),
  ];
}

/** Of the server, made with statements; `proxy.reset()` makes sessions begin anew. */
export function serverFaults(ground: Ground, proxy: Proxy, user: string): readonly Fault[] {
  const { dataSource, kind } = ground;
  const query = (text: string): Promise<unknown> => dataSource.query(text);
  const afresh = async (text: string): Promise<void> => {
    await query(text);
    proxy.reset();
  };
  const locked = lockedTable(ground);
  if (kind.name === 'mariadb') {
    const limit = (connections: number) =>
      afresh(`ALTER USER ${user} WITH MAX_USER_CONNECTIONS ${connections}`);
    return [
      // As it reads for somebody without the right to write: the server's switch is for all databases.
      {
        name: 'a read-only database',
        outage: true,
        begin: () => afresh(`REVOKE INSERT, UPDATE ON *.* FROM ${user}`),
        end: () => afresh(`GRANT ALL ON *.* TO ${user}`),
      },
      { name: 'no connections', outage: false, begin: () => limit(1), end: () => limit(0) },
      locked,
    ];
  }
  const readOnly = (value: string) =>
    afresh(`ALTER ROLE ${user} SET default_transaction_read_only = ${value}`);
  const limit = (connections: number) =>
    afresh(`ALTER ROLE ${user} CONNECTION LIMIT ${connections}`);
  return [
    {
      name: 'a read-only database',
      outage: true,
      begin: () => readOnly('on'),
      end: () => readOnly('off'),
    },
    { name: 'no connections', outage: true, begin: () => limit(0), end: () => limit(-1) },
    locked,
  ];
}

/** Somebody holds the whole table. */
function lockedTable({ dataSource, kind }: Ground): Fault {
  const runner = dataSource.createQueryRunner();
  const postgres = kind.name === 'postgres';
  return {
    name: 'a locked table',
    outage: true,
    async begin() {
      if (postgres) await runner.startTransaction();
      await runner.query(
        postgres
          ? 'LOCK TABLE armox_armalo_inbox IN ACCESS EXCLUSIVE MODE'
          : 'LOCK TABLES armox_armalo_inbox WRITE',
      );
      await pause(50);
    },
    async end() {
      if (postgres) await runner.rollbackTransaction();
      else await runner.query('UNLOCK TABLES');
      await runner.release();
    },
  };
}

/** A user of its own, whom the faults can hit without hitting anybody else. */
export async function createUser(
  ground: Ground,
): Promise<{ user: string; url: string; drop: () => Promise<void> }> {
  const name = `chaos_${randomBytes(5).toString('hex')}`;
  const url = new URL(ground.database.url);
  url.username = name;
  const query = (text: string): Promise<unknown> => ground.dataSource.query(text);
  if (ground.kind.name === 'mariadb') {
    const user = `'${name}'@'%'`;
    await query(`CREATE USER ${user}`);
    await query(`GRANT ALL ON *.* TO ${user}`);
    return { user, url: url.href, drop: async () => void (await query(`DROP USER ${user}`)) };
  }
  await query(`CREATE ROLE ${name} LOGIN`);
  await query(`GRANT ALL ON SCHEMA public TO ${name}`);
  await query(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${name}`);
  await query(`GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO ${name}`);
  return {
    user: name,
    url: url.href,
    drop: async () => {
      await query(`DROP OWNED BY ${name}`);
      await query(`DROP ROLE ${name}`);
    },
  };
}
