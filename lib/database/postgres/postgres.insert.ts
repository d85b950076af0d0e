import { bytes, type Column } from '../column.js';
import type { Unit } from '../database.js';
import {
  isBefore,
  mayGiveWay,
  type Inserted,
  type InsertStrategy,
  type Insertion,
} from '../insert.strategy.js';
import { join, raw, sql, type Sql } from '../sql.js';
import type { IndexDefinition } from '../table.definition.js';
import { postgresSchema } from './postgres.schema.js';

/** One statement, one array a column: its text is the same for every number of rows. */
export const postgresInsert: InsertStrategy = {
  inTransaction: false,
  *insert(insertion): Unit<readonly Inserted[]> {
    const { table, key, rows } = insertion;
    const stored = yield insertOf(insertion);
    const found = new Set(stored.map((row) => bytes(row[key]).toString('hex')));
    const keys = rows.map((row) => row[key] as Buffer);
    const others = keys.filter((each) => !found.has(each.toString('hex')));
    const there =
      others.length === 0
        ? []
        : yield sql`SELECT id, ${raw(key)} FROM ${table.sql} WHERE ${raw(key)} = ANY(${others}::bytea[])`;
    return [
      ...stored.map((row) => ({ row, stored: true })),
      ...there.map((row) => ({ row, stored: false })),
    ];
  },
};

const given = (column: string): Sql => raw(`r.${column}`);

/** By the order of that very index, where PostgreSQL may think that half the table has the value. */
const isIn =
  ({ table, substitution }: Insertion) =>
  ({ columns, where }: IndexDefinition): Sql => {
    const [of, value] = [raw(substitution.of), given(substitution.of)];
    return sql`(SELECT id FROM ${table.sql} WHERE ${of} >= ${value} AND ${of} <= ${value}
      AND ${raw(where ?? 'TRUE')} ORDER BY ${raw(columns.join(', '))} LIMIT 1) IS NOT NULL`;
  };

function substituted(insertion: Insertion): Sql {
  const { column, value, instead } = insertion.substitution;
  const [wanted, other] = [value, instead].map((word) => raw(`'${word}'`));
  return sql`CASE WHEN ${given(column)} = ${wanted} AND (${isBefore(insertion, isIn(insertion))})
    THEN ${other} ELSE ${given(column)} END`;
}

function arraysOf({ table, rows }: Insertion, names: readonly string[]): Sql {
  const arrays = names.map((name) => {
    const type = postgresSchema.typeOf(table.definition.columns[name] as Column);
    return sql`${rows.map((row) => row[name])}::${raw(type)}[]`;
  });
  return join(arrays);
}

function insertOf(insertion: Insertion): Sql {
  const { table, key, rows, computed, substitution, notify } = insertion;
  const names = Object.keys(rows[0] ?? {});
  const asks = rows.some((row) => mayGiveWay(row, substitution));
  const values = [
    ...names.map((name) =>
      asks && name === substitution.column ? substituted(insertion) : given(name),
    ),
    ...Object.values(computed).map((of) => of(given)),
  ];
  const returning = raw(['id', key, ...insertion.returning].join(', '));
  return sql`WITH stored AS (
    INSERT INTO ${table.sql} (${raw([...names, ...Object.keys(computed)].join(', '))})
    SELECT ${join(values)}
    FROM unnest(${arraysOf(insertion, names)}) WITH ORDINALITY AS r (${raw(names.join(', '))}, place)
    ORDER BY r.place
    ON CONFLICT (${raw(key)}) DO NOTHING
    RETURNING ${returning})
  SELECT ${returning}, CASE WHEN ${notify.where} THEN pg_notify(${notify.channel}, '') END AS told FROM stored`;
}
