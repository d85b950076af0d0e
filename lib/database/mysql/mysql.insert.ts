import { randomBytes } from 'node:crypto';
import { bytes } from '../column.js';
import type { Unit } from '../database.js';
import {
  isBefore,
  mayGiveWay,
  type Given,
  type Inserted,
  type Insertion,
  type InsertStrategy,
} from '../insert.strategy.js';
import { join, raw, sql, type Sql } from '../sql.js';
import type { IndexDefinition } from '../table.definition.js';
import { isGenerated } from './mysql.schema.js';

/**
 * `INSERT IGNORE`, then a look at which rows carry this batch's token: MySQL has no RETURNING. Nor does it
 * read the table that it inserts into, so what the rows depend on is asked for before.
 */
export class MysqlInsert implements InsertStrategy {
  readonly inTransaction = true;

  constructor(
    /** Bytes of the longest statement that the server takes. */
    private readonly longestStatement = Infinity,
  ) {}

  /** Bytes of the longest value that a row carries beside so many bytes of others. */
  largestValue(beside: number): number {
    return Math.floor((this.longestStatement - beside) / 2);
  }

  *insert(insertion: Insertion): Unit<readonly Inserted[]> {
    const { table, key, mark, rows, returning } = insertion;
    const held = yield* heldKeys(insertion);
    const token = randomBytes(16);
    for (const statement of this.packets(insertion, held, token)) yield statement;
    const found =
      yield sql`SELECT ${raw(['id', key, mark, ...returning].join(', '))} FROM ${table.sql}
      WHERE ${raw(key)} IN (${join(rows.map((row) => row[key]))})`;
    return found.map((row) => ({
      row,
      stored: row[mark] != null && bytes(row[mark]).equals(token),
    }));
  }

  /** As many statements as it takes for each to fit into a packet, in the order of the rows. */
  private packets(insertion: Insertion, held: ReadonlySet<string>, token: Buffer): readonly Sql[] {
    const { table, rows, computed, mark } = insertion;
    const packets: Sql[][] = [];
    let left = 0;
    for (const row of rows) {
      const values = valuesOf(row, insertion, held, token);
      const size = writtenSize(values);
      if (packets.length === 0 || size > left) {
        packets.push([]);
        left = this.longestStatement - STATEMENT_HEAD;
      }
      packets.at(-1)?.push(values);
      left -= size;
    }
    const columns = raw([...Object.keys(rows[0] ?? {}), ...Object.keys(computed), mark].join(', '));
    return packets.map(
      (values) => sql`INSERT IGNORE INTO ${table.sql} (${columns}) VALUES ${join(values)}`,
    );
  }
}

const keyOf = (row: Given, column: string): string => (row[column] as Buffer).toString('hex');

/** Those with rows before the new ones, in hexadecimal; one probe each. */
function* heldKeys(insertion: Insertion): Unit<ReadonlySet<string>> {
  const { table, rows, substitution } = insertion;
  const { of } = substitution;
  const asking = rows.filter((row) => mayGiveWay(row, substitution));
  const keys = new Map(asking.map((row) => [keyOf(row, of), row[of] as Buffer]));
  if (keys.size === 0) return new Set();
  const probes = [...keys.values()].map((key) => {
    const isIn = (index: IndexDefinition): Sql =>
      isGenerated(index)
        ? sql`EXISTS (SELECT 1 FROM ${table.sql} WHERE ${raw(index.name)} = ${key})`
        : sql`EXISTS (SELECT 1 FROM ${table.sql} WHERE ${raw(index.where ?? 'TRUE')} AND ${raw(of)} = ${key})`;
    return sql`SELECT ${key} AS held FROM DUAL WHERE ${isBefore(insertion, isIn)}`;
  });
  const found = yield join(probes, ' UNION ALL ');
  return new Set(found.map((row) => bytes(row['held']).toString('hex')));
}

function valuesOf(
  row: Given,
  { computed, substitution }: Insertion,
  held: ReadonlySet<string>,
  token: Buffer,
): Sql {
  const { column, instead, of } = substitution;
  const givesWay = mayGiveWay(row, substitution) && held.has(keyOf(row, of));
  const given = givesWay ? { ...row, [column]: instead } : row;
  const others = Object.values(computed).map((value) => value((name) => sql`${given[name]}`));
  return sql`(${join([...Object.values(given), ...others, token])})`;
}

const STATEMENT_HEAD = 1_024;

/** Bytes at most: mysql2 writes bytes as hexadecimal, and escapes texts. */
function writtenSize(values: Sql): number {
  const sizes = values.values.map((value) => {
    if (Buffer.isBuffer(value)) return 2 * value.length + 3;
    return typeof value === 'string' ? 2 * Buffer.byteLength(value) + 2 : 24;
  });
  return sizes.reduce((sum, size) => sum + size, values.sql.length);
}
