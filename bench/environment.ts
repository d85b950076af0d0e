import { readFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus, release, totalmem } from 'node:os';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../test/chaos/database.options.js';
import type { DatabaseKind } from '../test/databases.js';
import { peerVersion, type PeerName } from './against.js';
import { askRedis } from './redis.js';
import { printTable } from './table.js';

/** What figures depend on beside the code. */
export interface Environment {
  readonly machine: {
    readonly cores: number;
    readonly cpu: string;
    /** GiB */
    readonly memory: number;
    readonly system: string;
  };
  /** By what it is a version of. */
  readonly versions: Readonly<Record<string, string>>;
  /** What the servers keep of a commit when the machine dies; by server. */
  readonly durability: Readonly<Record<string, string>>;
}

/** @param peers those that the run compares with */
export async function readEnvironment(
  databases: readonly DatabaseKind[],
  peers: readonly PeerName[],
): Promise<Environment> {
  const versions: Record<string, string> = {
    'nestjs-armox-armalo': await ownVersion(),
    node: process.versions.node,
  };
  const durability: Record<string, string> = {};
  for (const kind of databases) {
    const found = await askDatabase(kind);
    versions[kind.name] = found.version;
    durability[kind.name] = found.durability;
  }
  for (const peer of peers) versions[peer] = peerVersion(peer);
  if (peers.includes('bullmq')) {
    versions['redis'] =
      /redis_version:(\S+)/.exec((await askRedis('INFO server')) ?? '')?.[1] ?? '–';
    durability['redis'] =
      `appendonly ${(await askRedis('CONFIG GET appendonly'))?.split('\r\n')[4]}`;
  }
  return {
    machine: {
      cores: availableParallelism(),
      cpu: cpus()[0]?.model ?? '–',
      memory: Math.round(totalmem() / 2 ** 30),
      system: `${process.platform} ${release()} ${arch()}`,
    },
    versions,
    durability,
  };
}

export function printEnvironment({ machine, versions, durability }: Environment): void {
  const row = (name: string, value: string) => ({ 'measured on': name, '': value });
  printTable('The machine', [
    row(
      'machine',
      `${machine.cores} cores, ${machine.cpu}, ${machine.memory} GiB, ${machine.system}`,
    ),
    ...Object.entries(versions).map(([name, version]) => row(name, version)),
    ...Object.entries(durability).map(([name, text]) => row(`${name}, commits`, text)),
  ]);
}

async function ownVersion(): Promise<string> {
  const file = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}

const ASK: Readonly<Record<DatabaseKind['name'], { version: string; durability: string }>> = {
  postgres: {
    version: "SELECT current_setting('server_version') AS text",
    durability:
      "SELECT 'fsync ' || current_setting('fsync') || ', synchronous_commit ' || current_setting('synchronous_commit') AS text",
  },
  mariadb: {
    version: 'SELECT version() AS text',
    durability:
      "SELECT concat('innodb_flush_log_at_trx_commit ', @@innodb_flush_log_at_trx_commit) AS text",
  },
  sqlite: {
    version: 'SELECT sqlite_version() AS text',
    durability: "SELECT 'synchronous ' || synchronous AS text FROM pragma_synchronous",
  },
};

async function askDatabase(
  kind: DatabaseKind,
): Promise<{ readonly version: string; readonly durability: string }> {
  const database = await kind.create();
  const connection = await new DataSource(dataSourceOptions(kind.name, database.url)).initialize();
  const ask = async (sql: string): Promise<string> =>
    (await connection.query<{ text: string }[]>(sql))[0]?.text ?? '–';
  try {
    const { version, durability } = ASK[kind.name];
    return { version: await ask(version), durability: await ask(durability) };
  } finally {
    await connection.destroy();
    await database.drop();
  }
}
