// An application that does nothing, with and without the module. Plain JavaScript on what is published,
// since a compiler in the process would be most of what is measured.
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

const [variant, dataSource] = process.argv.slice(2);
const imports = [];
if (variant !== 'empty') {
  const { TypeOrmModule } = await import('@nestjs/typeorm');
  imports.push(TypeOrmModule.forRoot({ ...JSON.parse(dataSource), synchronize: true }));
}
if (variant === 'validation' || variant === 'module') {
  await import('class-transformer');
  await import('class-validator');
}
if (variant === 'module') {
  const { ArmoxArmaloModule } = await import('nestjs-armox-armalo');
  imports.push(ArmoxArmaloModule.forRoot({ armalo: { webhookSecret: 'whsec_bench' } }));
}

class AppModule {}
Module({ imports })(AppModule);

const app = await NestFactory.create(AppModule, { logger: ['fatal', 'error'] });
await app.listen(0, '127.0.0.1');
const boot = performance.now();
for (let time = 0; time < 3; time += 1) {
  globalThis.gc();
  await setImmediate();
}
process.send({ boot, memory: process.memoryUsage.rss() });
process.on('message', () => void app.close().then(() => process.exit()));
