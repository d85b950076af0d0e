import { Module, type INestApplication, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArmoxArmaloModule, type ArmoxArmaloOptions } from 'nestjs-armox-armalo';
import type { DataSourceOptions } from 'typeorm';
import { SECRET } from '../samples.js';

/** An application around the module that listens on no port. */
export async function benchApp(
  database: DataSourceOptions,
  worker: ArmoxArmaloOptions['worker'],
  handlers?: Type,
): Promise<INestApplication> {
  @Module({
    imports: [
      TypeOrmModule.forRoot({ ...database, synchronize: true }),
      ArmoxArmaloModule.forRoot({
        armalo: { webhookSecret: SECRET },
        ...(worker !== undefined && { worker }),
      }),
    ],
    providers: handlers ? [handlers] : [],
  })
  class BenchModule {}

  return NestFactory.create(BenchModule, { logger: ['fatal', 'error'] });
}
