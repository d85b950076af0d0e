import type { ConfiguredSource } from '../core/index.js';
import type { ArmaloOptions, ArmoxOptions } from './armox-armalo.options.js';
import type { ResolvedOptions, ResolvedService } from './resolve-options.js';
import { armaloSource } from '../sources/armalo/index.js';
import { armoxSource } from '../sources/armox/index.js';

/** The services that the options name, as values that the rooms work with. One line a service. */
export function configuredSources(
  { armox, armalo }: ResolvedOptions,
  path: string,
): readonly ConfiguredSource[] {
  return [
    ...(armox ? [configured(armox, armoxSource(armox.rawOptions), path)] : []),
    ...(armalo ? [configured(armalo, armaloSource(armalo.rawOptions), path)] : []),
  ];
}

function configured(
  service: ResolvedService<ArmoxOptions | ArmaloOptions>,
  source: ConfiguredSource['source'],
  path: string,
): ConfiguredSource {
  const { secrets, accounts, bodyLimit } = service;
  return { source, secrets, accounts, bodyLimit, path: routePath(path, source.name) };
}

/** Path of a built-in route, without global prefix and version. */
export function routePath(path: string, source: string): string {
  return `/${path}/${source}`.replaceAll(/\/{2,}/g, '/');
}
