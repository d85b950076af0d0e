import { ConfigurableModuleBuilder } from '@nestjs/common';
import { STATIC_RULES } from './armox-armalo.option-rules.js';
import { MODULE_OPTIONS, readOptions } from '../core/index.js';
import { composeModule } from './compose-module.js';
import type { ArmoxArmaloOptions, ArmoxArmaloStaticOptions } from './armox-armalo.options.js';

/** What `useClass` and `useExisting` name: a class that makes the options. */
export interface ArmoxArmaloOptionsFactory {
  createArmoxArmaloOptions(): ArmoxArmaloOptions | Promise<ArmoxArmaloOptions>;
}

/** Every static option with its default; the builder tells them from the others by these keys. */
const staticDefaults: Required<ArmoxArmaloStaticOptions> = readOptions(STATIC_RULES, {});

export const { ConfigurableModuleClass } = new ConfigurableModuleBuilder<ArmoxArmaloOptions>({
  optionsInjectionToken: MODULE_OPTIONS,
})
  .setClassMethodName('forRoot')
  .setFactoryMethodName('createArmoxArmaloOptions')
  .setExtras<ArmoxArmaloStaticOptions>(staticDefaults, (definition, extras) =>
    composeModule(definition, { ...staticDefaults, ...extras }),
  )
  .build();
