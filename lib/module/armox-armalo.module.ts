import {
  Inject,
  Module,
  Optional,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  type MiddlewareConsumer,
  type NestModule,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { OpsPage } from '../ops/index.js';
import {
  ConfigurableModuleClass,
  type ArmoxArmaloOptionsFactory,
} from './armox-armalo.module-definition.js';
import type { ArmoxArmaloOptions, ArmoxArmaloStaticOptions } from './armox-armalo.options.js';
import { assertConfigured } from './module-imports.js';
import { checkAsyncOptions, checkStaticOptions } from './static-options.js';

/** Where the options come from, with the static ones beside it. */
export type ArmoxArmaloAsyncOptions = ConfigurableModuleAsyncOptions<
  ArmoxArmaloOptions,
  keyof ArmoxArmaloOptionsFactory
> &
  ArmoxArmaloStaticOptions;

/** Import it once, with `forRoot` or `forRootAsync`, beside `TypeOrmModule.forRoot`. */
@Module({})
export class ArmoxArmaloModule extends ConfigurableModuleClass implements NestModule {
  /** @throws ArmoxArmaloConfigurationError for a wrong static option; a wrong one of the others stops the boot */
  static override forRoot(options: ArmoxArmaloOptions & ArmoxArmaloStaticOptions): DynamicModule {
    checkStaticOptions(options);
    return super.forRoot(options);
  }

  /** @throws ArmoxArmaloConfigurationError for a wrong static option, or one that has to come from the factory */
  static override forRootAsync(options: ArmoxArmaloAsyncOptions): DynamicModule {
    checkAsyncOptions(options);
    return super.forRootAsync(options);
  }

  constructor(
    modules: ModulesContainer,
    @Optional() @Inject(OpsPage) private readonly ops: OpsPage | undefined,
  ) {
    super();
    assertConfigured(modules);
  }

  configure(consumer: MiddlewareConsumer): void {
    this.ops?.mount(consumer);
  }
}
