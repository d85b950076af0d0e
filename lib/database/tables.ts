import type { SchemaDialect } from './schema.dialect.js';
import { raw, type Sql } from './sql.js';
import type { NamedTable, TableDefinition } from './table.definition.js';

/** Names of tables that share a prefix, at one place of a database. */
export class Tables {
  constructor(
    readonly schemaDialect: SchemaDialect,
    readonly prefix: string,
    /** A schema of PostgreSQL, a database of MySQL; undefined where there is one place, and where it is not known yet. */
    readonly schema: string | undefined,
    /** Those that have to be there. */
    readonly definitions: readonly TableDefinition[],
  ) {}

  named(definition: TableDefinition): NamedTable {
    const { prefix } = this;
    const name = `${prefix}_${definition.name}`;
    return { definition, prefix, name, sql: this.qualified(name) };
  }

  /** As it goes into a statement. */
  of(definition: TableDefinition): Sql {
    return this.named(definition).sql;
  }

  private qualified(name: string): Sql {
    const parts = this.schema === undefined ? [name] : [this.schema, name];
    return raw(parts.map(this.schemaDialect.quoted).join('.'));
  }
}
