import type { OnApplicationShutdown } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { ArmoxArmaloConfigurationError } from '../core/index.js';
import { poolSizeOf } from '../database/index.js';
import { InboxConnections, type InboxStore, type InboxDatabase } from '../inbox/index.js';
import type { ResolvedOptions } from './resolve-options.js';
import { assertPoolCarries } from './transaction-limit.js';
import { armaloFactHook } from '../sources/armalo/index.js';
import { armoxJobHook } from '../sources/armox/index.js';
import { sourceTables } from './source-tables.js';

/** Opens the module's own connections at boot, and closes them when no request can come any more. */
export class InboxLifecycle implements OnApplicationShutdown {
  private constructor(
    private readonly connections: InboxConnections,
    /** How many transactional handlers the application's DataSource can carry at once. */
    readonly transactions: number,
  ) {}

  /** @throws ArmoxArmaloConfigurationError, InboxSchemaError: the application does not start without its inbox */
  static async open(
    dataSource: DataSource | undefined,
    name: string | undefined,
    options: ResolvedOptions,
  ): Promise<InboxLifecycle> {
    if (!dataSource) throw missingDataSource(name);
    assertPoolCarries(dataSource, options.worker?.transactions);
    const connections = await InboxConnections.open(dataSource, {
      poolSize: options.poolSize,
      tablePrefix: options.tablePrefix,
      ingestTimeout: options.ingestTimeout,
      tables: sourceTables,
      insertHooks: insertHooksOf(options),
    });
    try {
      const { migrationsRun, synchronize } = dataSource.options;
      if (options.migrationsRun ?? (migrationsRun || synchronize)) await connections.migrate();
      await connections.assertSchema();
      assertBodiesFit(connections.largestBody, options);
    } catch (error) {
      await connections.close();
      throw error;
    }
    return new InboxLifecycle(connections, transactionsOf(dataSource));
  }

  get store(): InboxStore {
    return this.connections.store;
  }

  get parts(): InboxDatabase {
    return this.connections.parts;
  }

  /** The worker has drained in `onModuleDestroy`; requests end before this hook. */
  onApplicationShutdown(): Promise<void> {
    return this.connections.close();
  }
}

/** A body between the two limits would be answered 503 for ever. */
function assertBodiesFit(largest: number | undefined, { armox, armalo }: ResolvedOptions): void {
  if (largest === undefined) return;
  for (const [name, service] of Object.entries({ armox, armalo })) {
    if (!service || service.bodyLimit <= largest) continue;
    throw new ArmoxArmaloConfigurationError(
      `${name}.bodyLimit`,
      `is ${service.bodyLimit} bytes, but with its \`max_allowed_packet\` the database takes bodies of up to ${largest} bytes (each byte is written as two). ` +
        `Raise \`max_allowed_packet\` on the server, or set \`bodyLimit\` to ${largest} or less.`,
    );
  }
}

/** Without a key nothing is polled, so there is nothing to keep in step, and an insert stays one statement. */
function insertHooksOf({ armox, armalo }: ResolvedOptions) {
  return [
    ...(armox?.rawOptions.apiKey === undefined ? [] : [armoxJobHook]),
    ...(armalo?.rawOptions.apiKey === undefined ? [] : [armaloFactHook]),
  ];
}

function transactionsOf(dataSource: DataSource): number {
  const pool = poolSizeOf(dataSource);
  return pool === undefined ? 1 : Math.max(1, pool - 2);
}

function missingDataSource(name: string | undefined): ArmoxArmaloConfigurationError {
  return new ArmoxArmaloConfigurationError(
    'dataSource',
    name === undefined
      ? 'there is no default DataSource. Import `TypeOrmModule.forRoot(…)`, or name the one to use.'
      : `there is no DataSource named "${name}". Give \`TypeOrmModule.forRoot\` that name.`,
  );
}
