/** What a column holds; each database has its own type for it. */
export type ColumnKind =
  | 'id'
  | 'reference'
  | 'hash'
  | 'bytes'
  | 'time'
  | 'count'
  | 'flag'
  | 'name'
  | 'ascii'
  | 'text'
  | 'long text';

/** A column of a table: how it is stored, and how its values are read. */
export interface Column<Value = unknown> {
  readonly kind: ColumnKind;
  /** Characters at most, of `name` and `ascii`. */
  readonly length?: number;
  /** May be null. */
  readonly optional?: boolean;
  readonly primary?: boolean;
  /** For rows that do not say. */
  readonly initially?: number;
  /** A driver's value as ours. */
  read(this: void, value: unknown): Value;
}

/** Drivers give bytes as Buffer, Uint8Array or ArrayBuffer. */
export function bytes(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  const view = value as Uint8Array;
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}

const text = (value: unknown): string => (typeof value === 'string' ? value : String(value));

const made =
  <Value>(kind: ColumnKind, read: (value: unknown) => Value) =>
  (): Column<Value> => ({ kind, read });

const bounded =
  (kind: ColumnKind) =>
  (length: number): Column<string> => ({ kind, length, read: text });

export const column = {
  /** The primary key, which counts up by itself; 64 bits do not fit a number, so it is read as a text. */
  id: made('id', text),
  /** The `id` of a row elsewhere. */
  reference: made('reference', text),
  /** 16 bytes. */
  hash: made('hash', bytes),
  /** Up to 4 GiB. */
  bytes: made('bytes', bytes),
  /** Milliseconds, of the epoch or of a duration. */
  time: made('time', Number),
  count: made('count', Number),
  flag: made('flag', (value) => Number(value) === 1),
  /** A text of so many characters at most. */
  name: bounded('name'),
  /** As `name`, for words of our own. */
  ascii: bounded('ascii'),
  /** A text of up to 64 KiB. */
  text: made('text', text),
  /** A text of up to 16 MiB. */
  longText: made('long text', text),
};

/** May be null. */
export const optional = <Value>(of: Column<Value>): Column<Value | null> => ({
  ...of,
  optional: true,
  read: (value) => (value == null ? null : of.read(value)),
});

export const primary = <Value>(of: Column<Value>): Column<Value> => ({ ...of, primary: true });

/** `value` for rows that do not say. */
export const startingAt = <Value>(value: number, of: Column<Value>): Column<Value> => ({
  ...of,
  initially: value,
});
