import type { Row, Unit } from '../database.js';
import {
  isBefore,
  mayGiveWay,
  type Given,
  type Inserted,
  type Insertion,
  type InsertStrategy,
} from '../insert.strategy.js';
import { join, raw, sql, type Sql } from '../sql.js';

/** Row by row in one transaction: there is no way to the server to save, and the statement stays prepared. */
export const sqliteInsert: InsertStrategy = {
  inTransaction: true,
  *insert(insertion): Unit<readonly Inserted[]> {
    const all: Inserted[] = [];
    for (const row of insertion.rows) all.push(yield* one(row, insertion));
    return all;
  },
};

function* one(row: Given, insertion: Insertion): Unit<Inserted> {
  const { table, key, computed, returning } = insertion;
  const columns = raw([...Object.keys(row), ...Object.keys(computed)].join(', '));
  const told = raw(['id', key, ...returning].join(', '));
  const [stored] =
    yield sql`INSERT INTO ${table.sql} (${columns}) VALUES (${join(valuesOf(row, insertion))})
    ON CONFLICT (${raw(key)}) DO NOTHING RETURNING ${told}`;
  if (stored) return { row: stored, stored: true };
  const [there] =
    yield sql`SELECT id, ${raw(key)} FROM ${table.sql} WHERE ${raw(key)} = ${row[key]}`;
  return { row: there as Row, stored: false };
}

function valuesOf(row: Given, insertion: Insertion): readonly unknown[] {
  const { table, computed, substitution } = insertion;
  const { column, instead, of } = substitution;
  const asks = mayGiveWay(row, substitution);
  const before = (): Sql =>
    isBefore(
      insertion,
      ({ where }) =>
        sql`EXISTS (SELECT 1 FROM ${table.sql} WHERE ${raw(of)} = ${row[of]} AND ${raw(where ?? 'TRUE')})`,
    );
  const substituted = asks && sql`CASE WHEN ${before()} THEN ${instead} ELSE ${row[column]} END`;
  return [
    ...Object.entries(row).map(([name, value]) => (asks && name === column ? substituted : value)),
    ...Object.values(computed).map((value) => value((name) => sql`${row[name]}`)),
  ];
}
