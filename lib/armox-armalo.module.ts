import { Module } from '@nestjs/common';
import { ConfigurableModuleClass } from './armox-armalo.module-definition.js';

/** Import it once, with `forRoot` or `forRootAsync`, beside `TypeOrmModule.forRoot`. */
@Module({})
export class ArmoxArmaloModule extends ConfigurableModuleClass {}
