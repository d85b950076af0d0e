import 'reflect-metadata';
import { Module, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArmoxArmaloModule } from 'nestjs-armox-armalo';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from './database.options.js';
import { CrashPoints } from './crash-points.js';
import { ENTITIES } from './effects.js';
import { heldPool } from './held-pool.js';
import { NEW_HANDLERS, OLD_HANDLERS, REPLICA } from './replica.handlers.js';
import type { ReplicaCommand, ReplicaMessage, ReplicaOptions } from './replica.options.js';
import { fillDisk } from './limited-disk.js';
import { ARMALO_SECRET, ARMOX_SECRET } from './secrets.js';
import { INBOX_STORE } from '../../lib/core/tokens.js';
import type { InboxStore } from '../../lib/inbox/index.js';

const options = JSON.parse(process.env['CHAOS_REPLICA'] ?? '{}') as ReplicaOptions;
const tell = (message: ReplicaMessage): void => void process.send?.(message);

for (const name of ['uncaughtException', 'unhandledRejection'] as const) {
  process.on(name, (error: unknown) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    tell({ type: 'unhandled', error: `${name}: ${text}` });
  });
}

if (options.clockShift) {
  const real = Date.now;
  const shift = options.clockShift;
  Date.now = () => real() + shift;
}

const points = new CrashPoints(options.idle !== true);
const provided: Provider[] = [
  { provide: REPLICA, useValue: options },
  { provide: CrashPoints, useValue: points },
];

@Module({
  imports: [
    TypeOrmModule.forRoot({
      ...dataSourceOptions(options.kind, options.url, options.appPool),
      entities: ENTITIES,
      retryAttempts: 20,
      retryDelay: 200,
    }),
    ArmoxArmaloModule.forRoot({
      armox: { webhookSecret: ARMOX_SECRET },
      armalo: {
        webhookSecret: ARMALO_SECRET,
        orderingKey: (event) => (event.data as { orderKey?: string }).orderKey,
      },
      migrationsRun: true,
      ...(options.ingestTimeout === undefined ? {} : { ingestTimeout: options.ingestTimeout }),
      worker: options.worker ?? {},
    }),
  ],
  providers: [...provided, ...OLD_HANDLERS, ...(options.old ? [] : NEW_HANDLERS)],
})
class ReplicaModule {}

const app = await NestFactory.create(ReplicaModule, {
  logger: process.env['CHAOS_LOG'] ? ['error', 'warn', 'log'] : false,
  abortOnError: false,
});
app.enableShutdownHooks();
points.wrapStore(app.get<InboxStore>(INBOX_STORE));
points.wrapCommit(app.get(DataSource));
const pool = heldPool(app.get(DataSource), options.appPool ?? 0);
await app.listen(0, '127.0.0.1');

process.on('message', (command: ReplicaCommand) => {
  switch (command.type) {
    case 'crash':
      return points.arm(command.crash);
    case 'work':
      return points.work();
    case 'rest':
      return void points.rest().then(() => tell({ type: 'obeyed' }));
    case 'hold-pool':
      return void pool(command.hold).then(() => tell({ type: 'obeyed' }));
    case 'fill-disk':
      fillDisk(command.full);
      return tell({ type: 'obeyed' });
    case 'memory':
      return tell({ type: 'memory', rss: process.memoryUsage.rss() });
  }
});
// The one who started us is gone: nobody would end us.
process.on('disconnect', () => process.exit(0));
tell({ type: 'ready', port: Number(new URL(await app.getUrl()).port) });
