import type { OnApplicationShutdown } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { ArmoxArmaloConfigurationError, type ConfiguredSource } from '../core/index.js';
import { poolSizeOf } from '../database/index.js';
import {
  InboxConnections,
  type InboxDatabase,
  type InboxOptions,
  type InboxStore,
} from '../inbox/index.js';
import type { ResolvedOptions } from './resolve-options.js';
import { assertPoolCarries } from './transaction-limit.js';

/** Opens the module's own connections at boot, and closes them when no request can come any more. */
export class InboxLifecycle implements OnApplicationShutdown {
  private readonly last: (() => Promise<void>)[] = [];

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
    sources: readonly ConfiguredSource[],
    beside: Pick<InboxOptions, 'tables' | 'insertHooks'>,
  ): Promise<InboxLifecycle> {
    if (!dataSource) throw missingDataSource(name);
    assertPoolCarries(dataSource, options.worker?.transactions);
    const connections = await InboxConnections.open(dataSource, {
      poolSize: options.poolSize,
      tablePrefix: options.tablePrefix,
      ingestTimeout: options.ingestTimeout,
      release: options.release,
      ...beside,
    });
    try {
      const { migrationsRun, synchronize } = dataSource.options;
      if (options.migrationsRun ?? (migrationsRun || synchronize)) await connections.migrate();
      await connections.assertSchema();
      assertBodiesFit(connections.largestBody, sources);
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

  /** @param work that needs the connections when no request can come any more; never rejects */
  beforeClose(work: () => Promise<void>): void {
    this.last.push(work);
  }

  /** The worker has drained in `onModuleDestroy`; requests end before this hook. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.last.map((work) => work()));
    await this.connections.close();
  }
}

/** A body between the two limits would be answered 503 for ever. */
function assertBodiesFit(largest: number | undefined, sources: readonly ConfiguredSource[]): void {
  if (largest === undefined) return;
  for (const { source, bodyLimit } of sources) {
    if (bodyLimit <= largest) continue;
    throw new ArmoxArmaloConfigurationError(
      `${source.name}.bodyLimit`,
      `is ${bodyLimit} bytes, but with its \`max_allowed_packet\` the database takes bodies of up to ${largest} bytes (each byte is written as two). ` +
        `Raise \`max_allowed_packet\` on the server, or set \`bodyLimit\` to ${largest} or less.`,
    );
  }
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
