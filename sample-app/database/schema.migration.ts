import { type MigrationInterface, type QueryRunner, Table } from 'typeorm';

/** The sample app's own tables. The library's are made by the library. */
export class CreateSampleTables1700000000000 implements MigrationInterface {
  readonly name = 'CreateSampleTables1700000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables) await runner.createTable(table.clone(), true);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of tables) await runner.dropTable(table.name);
  }
}

const text = (name: string, length: string, isNullable = false) => ({
  name,
  type: 'varchar',
  length,
  isNullable,
});

const tables = [
  new Table({
    name: 'render',
    columns: [
      { ...text('id', '200'), isPrimary: true },
      text('status', '40'),
      { name: 'prompt', type: 'text', isNullable: true },
      { name: 'image', type: 'text', isNullable: true },
    ],
  }),
  new Table({
    name: 'agent',
    columns: [
      { ...text('agent_id', '200'), isPrimary: true },
      { name: 'composite_score', type: 'double precision', isNullable: true },
      text('tier', '40', true),
      text('scored_at', '40', true),
      text('last_eval_id', '200', true),
      text('last_eval_status', '40', true),
    ],
  }),
  new Table({
    name: 'violation',
    columns: [
      {
        name: 'id',
        type: 'integer',
        isPrimary: true,
        isGenerated: true,
        generationStrategy: 'increment',
      },
      text('event_id', '500'),
      text('pact_id', '200', true),
      text('agent_id', '200', true),
    ],
  }),
];
