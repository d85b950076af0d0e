import { DatabaseSync } from '@photostructure/sqlite';

/** What TypeORM gives its `better-sqlite3` driver. */
interface OpenOptions {
  readonly readonly?: boolean;
  readonly timeout?: number;
}

/** The codes that an application, and the inbox, tell apart; the rest are named by their primary code. */
const CODES: Readonly<Record<number, string>> = {
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  19: 'SQLITE_CONSTRAINT',
  261: 'SQLITE_BUSY_RECOVERY',
  517: 'SQLITE_BUSY_SNAPSHOT',
  787: 'SQLITE_CONSTRAINT_FOREIGNKEY',
  1299: 'SQLITE_CONSTRAINT_NOTNULL',
  1555: 'SQLITE_CONSTRAINT_PRIMARYKEY',
  2067: 'SQLITE_CONSTRAINT_UNIQUE',
  275: 'SQLITE_CONSTRAINT_CHECK',
};

function named<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    const errcode = (error as { errcode?: number }).errcode;
    if (errcode !== undefined) {
      const code = CODES[errcode] ?? CODES[errcode & 0xff] ?? `SQLITE_${errcode}`;
      Object.assign(error as object, { code });
    }
    throw error;
  }
}

function bindable(value: unknown): unknown {
  if (value === undefined) return null;
  return typeof value === 'boolean' ? Number(value) : value;
}

/** A plain object with Buffers, as better-sqlite3 gives it; node:sqlite's rows have no prototype. */
function readable(found: unknown): Record<string, unknown> {
  const row = { ...(found as Record<string, unknown>) };
  for (const [column, value] of Object.entries(row)) {
    if (value instanceof Uint8Array && !Buffer.isBuffer(value)) {
      row[column] = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
  }
  return row;
}

/** The members of better-sqlite3 that TypeORM calls. */
class SqliteFile {
  private readonly database: InstanceType<typeof DatabaseSync>;

  constructor(file: string, options: OpenOptions = {}) {
    this.database = named(
      () =>
        new DatabaseSync(file, {
          readOnly: options.readonly ?? false,
          timeout: options.timeout ?? 5000,
        }),
    );
  }

  pragma(text: string): unknown[] {
    return this.prepare(`PRAGMA ${text}`).all();
  }

  exec(text: string): this {
    named(() => this.database.exec(text));
    return this;
  }

  prepare(text: string) {
    const statement = named(() => this.database.prepare(text));
    return {
      reader: statement.columns().length > 0,
      all: (...values: unknown[]): unknown[] =>
        named(() => statement.all(...values.map(bindable)).map(readable)),
      get: (...values: unknown[]): unknown => {
        const row = named(() => statement.get(...values.map(bindable)) as unknown);
        return row && readable(row);
      },
      run: (...values: unknown[]): unknown => named(() => statement.run(...values.map(bindable))),
    };
  }

  close(): void {
    this.database.close();
  }
}

/**
 * `@photostructure/sqlite` (Node's own `node:sqlite` API, prebuilt: no compiler, no download) with
 * the face of better-sqlite3 that TypeORM uses: `{ type: 'better-sqlite3', driver: SqliteDriver }`.
 * TypeORM 1 makes it with `new`, 0.3 calls it.
 */
export function SqliteDriver(file: string, options?: OpenOptions): SqliteFile {
  return new SqliteFile(file, options);
}
