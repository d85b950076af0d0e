import { Injectable, Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ArmoxArmaloModule, OnArmaloEvent } from 'nestjs-armox-armalo';
import type { DataSourceOptions } from 'typeorm';
import { SECRET } from '../samples.js';

@Injectable()
class EmptyHandler {
  @OnArmaloEvent()
  handle(): void {}
}

export function ourModule(database: DataSourceOptions, worker: boolean): DynamicModule {
  @Module({
    imports: [
      TypeOrmModule.forRoot({ ...database, synchronize: true }),
      ArmoxArmaloModule.forRoot({
        armalo: { webhookSecret: SECRET },
        ...(worker ? {} : { worker: false }),
      }),
    ],
    providers: [EmptyHandler],
  })
  class OurModule {}
  return { module: OurModule };
}
