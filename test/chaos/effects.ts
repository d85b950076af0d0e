import { EntitySchema, type DataSource } from 'typeorm';

export interface EffectRow {
  id: number;
  eventId: string;
  replica: string;
}

const columns = {
  id: { type: Number, primary: true, generated: 'increment' as const },
  eventId: { type: 'varchar' as const, length: 191 },
  replica: { type: 'varchar' as const, length: 64 },
};

/** What transactional handlers write: one row an event. Nothing in it is unique, so that a doubled effect shows. */
export const Effect = new EntitySchema<EffectRow>({
  name: 'Effect',
  tableName: 'chaos_effect',
  columns,
});

/** One row each time a plain handler runs, committed at once, whatever becomes of the event. */
export const Run = new EntitySchema<EffectRow>({ name: 'Run', tableName: 'chaos_run', columns });

export interface LockRow {
  name: string;
  counted: number;
}

/** Rows that transactional handlers count up in different orders. */
export const Lock = new EntitySchema<LockRow>({
  name: 'Lock',
  tableName: 'chaos_lock',
  columns: {
    name: { type: 'varchar', length: 32, primary: true },
    counted: { type: Number },
  },
});

export const ENTITIES = [Effect, Run, Lock];

export async function createEffectTables(dataSource: DataSource): Promise<void> {
  const id = {
    postgres: 'bigserial PRIMARY KEY',
    mysql: 'bigint AUTO_INCREMENT PRIMARY KEY',
    sqlite: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  }[family(dataSource)];
  const quote = family(dataSource) === 'mysql' ? '`' : '"';
  for (const table of ['chaos_effect', 'chaos_run']) {
    await dataSource.query(
      `CREATE TABLE ${table} (id ${id}, ${quote}eventId${quote} varchar(191), replica varchar(64))`,
    );
  }
  await dataSource.query(
    'CREATE TABLE chaos_lock (name varchar(32) PRIMARY KEY, counted integer NOT NULL)',
  );
  await dataSource.query("INSERT INTO chaos_lock (name, counted) VALUES ('a', 0), ('b', 0)");
}

function family(dataSource: DataSource): 'postgres' | 'mysql' | 'sqlite' {
  const { type } = dataSource.options;
  return type === 'postgres' || type === 'mysql' ? type : 'sqlite';
}
