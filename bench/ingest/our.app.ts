import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArmoxArmaloModule, OnArmaloEvent } from 'nestjs-armox-armalo';
import type { DataSourceOptions } from 'typeorm';
import { SECRET } from '../samples.js';
import { PAGE_LOGIN } from './open.page.js';

@Injectable()
class EmptyHandler {
  @OnArmaloEvent()
  handle(): void {}
}

export function ourModule(
  database: DataSourceOptions,
  worker: boolean,
  page = false,
): DynamicModule {
  @Module({
    imports: [
      TypeOrmModule.forRoot({ ...database, synchronize: true }),
      ArmoxArmaloModule.forRoot({
        armalo: { webhookSecret: SECRET },
        ...(worker ? {} : { worker: false }),
        ...(page && { ops: { access: [PAGE_LOGIN] } }),
      }),
    ],
    providers: [EmptyHandler],
  })
  class OurModule {}
  return { module: OurModule };
}
