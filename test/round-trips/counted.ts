import mysql from 'mysql2';
import { Client } from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { SqliteDriver } from '../../sample-app/database/sqlite.driver.js';
import type { DatabaseKind } from '../databases.js';

/** What went to the database since it was last asked. */
export class Traffic {
  private statements = 0;
  private trips = 0;

  /** @param text of one statement, or of several that go together */
  sent(text: string, isTrip = true): void {
    if (NOT_COUNTED.test(text)) return;
    this.statements += text.split('; ').length;
    if (isTrip) this.trips += 1;
  }

  /** @returns `<statements> in <round trips>`, and starts again */
  taken(): string {
    const { statements, trips } = this;
    this.statements = 0;
    this.trips = 0;
    return `${statements} in ${trips}`;
  }
}

/** Once for each connection, or each second, however many events there are. */
const NOT_COUNTED = /set_config|SET SESSION|armox_armalo_replica|^PRAGMA|VERSION\(\)|version\(\)/;

/** Options of a DataSource whose driver tells of what it sends; those of our own connections follow from them. */
export function counted(
  kind: DatabaseKind['name'],
  options: DataSourceOptions,
  traffic: Traffic,
): DataSourceOptions {
  const change = {
    postgres: () => ({ extra: { Client: countingClient(traffic) } }),
    mariadb: () => ({ driver: countingMysql(traffic) }),
    sqlite: () => ({ driver: countingSqlite(traffic) }),
  }[kind]();
  return { ...options, ...change };
}

type Query = (...given: unknown[]) => unknown;

const textOf = (statement: unknown, name: 'text' | 'sql'): string =>
  typeof statement === 'string' ? statement : (statement as Record<typeof name, string>)[name];

function countingClient(traffic: Traffic): typeof Client {
  return class extends Client {
    override query = ((...given: unknown[]) => {
      traffic.sent(textOf(given[0], 'text'));
      return (Client.prototype.query as Query).apply(this, given);
    }) as Client['query'];
  };
}

function countingMysql(traffic: Traffic): object {
  const createPool = (options: mysql.PoolOptions): mysql.Pool => {
    const pool = mysql.createPool(options);
    pool.on('connection', (connection) => {
      const methods = connection as unknown as Record<'query' | 'execute', Query>;
      for (const name of ['query', 'execute'] as const) {
        const whole = methods[name].bind(connection);
        methods[name] = (...given) => {
          traffic.sent(textOf(given[0], 'sql'));
          return whole(...given);
        };
      }
    });
    return pool;
  };
  return { ...mysql, createPool };
}

/** In the process: it has statements, and no round trips. */
function countingSqlite(traffic: Traffic): object {
  return function open(file: string, options?: { readonly?: boolean; timeout?: number }) {
    const database = SqliteDriver(file, options);
    const prepare = database.prepare.bind(database);
    const exec = database.exec.bind(database);
    return Object.assign(database, {
      prepare(text: string) {
        const statement = prepare(text);
        const { all, run } = statement;
        const telling =
          (whole: Query): Query =>
          (...values) => {
            traffic.sent(text, false);
            return whole(...values);
          };
        return Object.assign(statement, { all: telling(all), run: telling(run) });
      },
      exec(text: string) {
        traffic.sent(text, false);
        return exec(text);
      },
    });
  };
}
