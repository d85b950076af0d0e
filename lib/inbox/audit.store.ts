import { empty, only, select, sql, type Sql } from '../database/index.js';
import { isId } from './event.queries.js';
import type { InboxDatabase } from './inbox.database.js';
import { ACTOR_LENGTH, auditTable, noteTable } from './operation.tables.js';
import { storableName, storableText } from './stored.text.js';

/** Something that somebody did. */
export interface AuditRecord {
  readonly by: string;
  /** `replay`, `operation-started` and so on. */
  readonly action: string;
  /** What it was done to, as a sentence; never a payload. */
  readonly about: string;
  /** How many events it was done to. */
  readonly events: number;
}

export interface AuditEntry extends AuditRecord {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** What `after` is for the next part; undefined where this was the last one. */
  readonly next: string | undefined;
}

/** What somebody has written about an event. */
export interface EventNote {
  readonly at: number;
  readonly by: string;
  readonly text: string;
}

const PAGE = 100;
const LONGEST_ABOUT = 4_000;
const LONGEST_NOTE = 2_000;

const entry = select(auditTable, 'id', 'done_at', 'actor', 'action', 'about', 'events');
const written = select(noteTable, 'written_at', 'actor', 'note');

/** Who has done what, and what they have noted. */
export class AuditStore {
  constructor(private readonly inbox: InboxDatabase) {}

  async record(record: AuditRecord): Promise<void> {
    await this.inbox.database.statement(() => only(this.recording(record)));
  }

  /** As a part of a unit. */
  recording({ by, action, about, events }: AuditRecord): Sql {
    const { dialect, tables } = this.inbox;
    return sql`INSERT INTO ${tables.audit} (done_at, actor, action, about, events)
      VALUES (${dialect.now}, ${storableName(by, ACTOR_LENGTH)}, ${action}, ${storableText(about, LONGEST_ABOUT)}, ${events})`;
  }

  /** Newest first. */
  async list(after: string | undefined): Promise<AuditPage> {
    const { database, tables } = this.inbox;
    const behind = after !== undefined && isId(after) ? sql`WHERE id < ${BigInt(after)}` : empty;
    const rows = await database.read(() =>
      only(
        sql`SELECT ${entry.list} FROM ${tables.audit} ${behind} ORDER BY id DESC LIMIT ${PAGE + 1}`,
      ),
    );
    const entries = rows.slice(0, PAGE).map((row): AuditEntry => {
      const { id, done_at: at, actor: by, action, about, events } = entry.read(row);
      return { id, at, by, action, about, events };
    });
    return { entries, next: rows.length > PAGE ? entries.at(-1)?.id : undefined };
  }

  /** @param text is cut at 2,000 characters */
  async addNote(id: string, by: string, text: string): Promise<void> {
    const { database, dialect, tables } = this.inbox;
    await database.statement(() =>
      only(sql`INSERT INTO ${tables.note} (inbox_id, written_at, actor, note)
        VALUES (${BigInt(id)}, ${dialect.now}, ${storableName(by, ACTOR_LENGTH)}, ${storableText(text, LONGEST_NOTE)})`),
    );
  }

  /** Oldest first. */
  async notes(id: string): Promise<readonly EventNote[]> {
    const { database, tables } = this.inbox;
    if (!isId(id)) return [];
    const rows = await database.read(() =>
      only(
        sql`SELECT ${written.list} FROM ${tables.note} WHERE inbox_id = ${BigInt(id)} ORDER BY id`,
      ),
    );
    return rows.map((row): EventNote => {
      const { written_at: at, actor: by, note: text } = written.read(row);
      return { at, by, text };
    });
  }
}
