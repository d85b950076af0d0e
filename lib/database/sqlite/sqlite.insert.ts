import type { Row, Unit } from '../database.js';
import {
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

function valuesOf(row: Given, { computed, substitution }: Insertion): readonly unknown[] {
  const given = (column: string): Sql => sql`${row[column]}`;
  const { column, instead, of, holds } = substitution;
  const substituted = sql`CASE WHEN ${holds(given(of))} THEN ${instead} ELSE ${given(column)} END`;
  const asks = mayGiveWay(row, substitution);
  return [
    ...Object.keys(row).map((name) => (asks && name === column ? substituted : given(name))),
    ...Object.values(computed).map((value) => value(given)),
  ];
}
