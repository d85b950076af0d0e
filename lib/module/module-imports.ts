import type { ModulesContainer } from '@nestjs/core';
import { ArmoxArmaloConfigurationError, MODULE_OPTIONS } from '../core/index.js';
import { BUILT_IN_SOURCES } from './built-in.sources.js';

/** @throws ArmoxArmaloConfigurationError where the module is imported by its bare name only */
export function assertConfigured(modules: ModulesContainer): void {
  if (configured(modules) > 0) return;
  throw new ArmoxArmaloConfigurationError(
    BUILT_IN_SOURCES.map(({ name }) => name).join(', '),
    'ArmoxArmaloModule is imported without options, so it would do nothing. Import ' +
      '`ArmoxArmaloModule.forRoot({ … })` in the root module.',
  );
}

/** @throws ArmoxArmaloConfigurationError where one application configures the module twice */
export function assertImportedOnce(modules: ModulesContainer): void {
  const times = configured(modules);
  if (times < 2) return;
  throw new ArmoxArmaloConfigurationError(
    'isGlobal',
    `ArmoxArmaloModule is configured ${times} times in this application, with routes, a worker and connections ` +
      'each time. Call `forRoot` or `forRootAsync` once, in the root module; give it `isGlobal: true` ' +
      'where other modules inject what it exports.',
  );
}

function configured(modules: ModulesContainer): number {
  return [...modules.values()].filter((module) => module.providers.has(MODULE_OPTIONS)).length;
}
