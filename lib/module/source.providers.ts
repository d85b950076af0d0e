import type { InjectionToken, Provider } from '@nestjs/common';
import {
  ArmoxArmaloConfigurationError,
  feedsToken,
  RESOLVED_OPTIONS,
  sourceOptionsToken,
  SOURCES,
  webhookSourceToken,
  type ConfiguredSource,
  type WebhookSource,
} from '../core/index.js';
import {
  checkSourceOptions,
  configuredSource,
  type SourceDefinition,
  type SourceOptions,
} from '../source-definition/index.js';

/** What each source brings along, and the list of those that are configured. */
export function sourceProviders(
  definitions: readonly SourceDefinition[],
  path: string,
): Provider[] {
  return [...definitions.flatMap(providersOf), configuredSources(definitions, path)];
}

export function sourceExports(definitions: readonly SourceDefinition[]): InjectionToken[] {
  return definitions.flatMap(({ exports = [] }) => exports);
}

/** Path of a built-in route, without global prefix and version. */
export function routePath(path: string, source: string): string {
  return `/${path}/${source}`.replaceAll(/\/{2,}/g, '/');
}

function providersOf(definition: SourceDefinition): Provider[] {
  const { name, options, feeds, providers = [] } = definition;
  return [
    {
      provide: sourceOptionsToken(name),
      // The options as a whole are checked first: an error there says more.
      inject: [RESOLVED_OPTIONS, ...(options.inject ?? [])],
      useFactory: async (_checked: unknown, ...injected: readonly unknown[]) => {
        const given = await options.useFactory(...injected);
        if (given !== undefined) checkSourceOptions(definition, given);
        return given;
      },
    },
    {
      provide: webhookSourceToken(name),
      inject: [sourceOptionsToken(name)],
      useFactory: (given: SourceOptions | undefined) => given && definition.webhooks(given),
    },
    { provide: feedsToken(name), ...(feeds ?? { useFactory: () => [] }) },
    ...providers,
  ];
}

function configuredSources(definitions: readonly SourceDefinition[], path: string): Provider {
  const names = definitions.map(({ name }) => name);
  return {
    provide: SOURCES,
    inject: [...names.map(sourceOptionsToken), ...names.map(webhookSourceToken)],
    useFactory: (...injected: readonly unknown[]) => {
      const configured = definitions.flatMap((definition, at): readonly ConfiguredSource[] => {
        const options = injected[at] as SourceOptions | undefined;
        const source = injected[definitions.length + at] as WebhookSource | undefined;
        if (!options || !source) return [];
        return [configuredSource(definition, options, source, routePath(path, definition.name))];
      });
      if (configured.length > 0) return configured;
      throw new ArmoxArmaloConfigurationError(
        names.join(', '),
        'give at least one of these sources its options.',
      );
    },
  };
}
