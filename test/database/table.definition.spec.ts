import {
  column,
  defineTable,
  driverOf,
  optional,
  select,
  startingAt,
  Tables,
} from '../../lib/database/index.js';

const parcels = defineTable({
  name: 'parcel',
  columns: {
    id: column.id(),
    place: optional(column.hash()),
    state: column.ascii(8),
    tries: startingAt(0, column.count()),
    sent_at: optional(column.time()),
    fragile: column.flag(),
  },
  checks: ["state IN ('open', 'sent')"],
  indexes: [
    { name: 'one_open', columns: ['place'], unique: true, where: "state = 'open'" },
    {
      name: 'oldest',
      columns: ['sent_at', 'id'],
      where: "state = 'sent'",
      whole: ['state', 'sent_at', 'id'],
    },
    { name: 'sent', columns: ['sent_at'], where: 'sent_at IS NOT NULL', whole: [] },
  ],
  changing: true,
});

const statementsOn = (type: string, schema?: string): readonly string[] => {
  const { schemaDialect } = driverOf(type);
  const tables = new Tables(schemaDialect, 'our', schema, [parcels]);
  return schemaDialect.create(tables.named(parcels)).map((text) => text.replace(/\s+/g, ' '));
};

describe('a table is described once, and made', () => {
  it('on PostgreSQL with partial indexes, and room beside rows that change', () => {
    expect(statementsOn('postgres', 'far "away"')).toEqual([
      'CREATE TABLE IF NOT EXISTS "far ""away"""."our_parcel" ( ' +
        'id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, place bytea, state text NOT NULL, ' +
        'tries integer NOT NULL DEFAULT 0, sent_at bigint, fragile smallint NOT NULL, ' +
        "CHECK (state IN ('open', 'sent')) ) WITH (fillfactor = 50)",
      `CREATE UNIQUE INDEX IF NOT EXISTS "our_one_open" ON "far ""away"""."our_parcel" (place) WHERE state = 'open'`,
      `CREATE INDEX IF NOT EXISTS "our_oldest" ON "far ""away"""."our_parcel" (sent_at, id) WHERE state = 'sent'`,
      `CREATE INDEX IF NOT EXISTS "our_sent" ON "far ""away"""."our_parcel" (sent_at) WHERE sent_at IS NOT NULL`,
    ]);
  });

  it('on MySQL with a generated column for a unique partial index, and others over all rows', () => {
    expect(statementsOn('mariadb')).toEqual([
      'CREATE TABLE IF NOT EXISTS `our_parcel` ( ' +
        'id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, place BINARY(16), ' +
        'state VARCHAR(8) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, ' +
        'tries INT NOT NULL DEFAULT 0, sent_at BIGINT, fragile TINYINT NOT NULL, ' +
        "one_open BINARY(16) GENERATED ALWAYS AS (CASE WHEN state = 'open' THEN place END) STORED, " +
        "CHECK (state IN ('open', 'sent')), " +
        'UNIQUE KEY our_one_open (one_open), KEY our_oldest (state, sent_at, id) ) ' +
        'ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    ]);
  });

  it('on SQLite with its own types', () => {
    expect(statementsOn('sqljs')[0]).toBe(
      'CREATE TABLE IF NOT EXISTS "our_parcel" ( ' +
        'id INTEGER PRIMARY KEY AUTOINCREMENT, place BLOB, state TEXT NOT NULL, ' +
        'tries INTEGER NOT NULL DEFAULT 0, sent_at INTEGER, fragile INTEGER NOT NULL, ' +
        "CHECK (state IN ('open', 'sent')) )",
    );
  });
});

describe('columns of a table', () => {
  it('are read as what they hold, whatever the driver makes of them', () => {
    const all = select(parcels, 'id', 'place', 'tries', 'sent_at', 'fragile');
    const bytes = Buffer.from('place');
    const row = { id: 7n, place: new Uint8Array(bytes), tries: '3', sent_at: '1700', fragile: 1 };
    expect(all.read(row)).toEqual({
      id: '7',
      place: bytes,
      tries: 3,
      sent_at: 1700,
      fragile: true,
    });
    expect(all.read({ ...row, place: null, sent_at: null })).toMatchObject({
      place: null,
      sent_at: null,
    });
    expect(all.list.sql).toBe('id, place, tries, sent_at, fragile');
  });
});
