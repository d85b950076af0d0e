import {
  ArmoxArmaloConfigurationError,
  readOptions,
  type ConfiguredSource,
  type WebhookSource,
} from '../core/index.js';
import type { SourceDefinition } from './source.definition.js';
import { sourceOptionRules } from './source.option-rules.js';
import type { SourceOptions } from './source.options.js';
import { secretResolver } from './webhook.secrets.js';

/** @throws ArmoxArmaloConfigurationError that names the option and says what to write */
export function checkSourceOptions(definition: SourceDefinition, options: SourceOptions): void {
  readOptions(sourceOptionRules(definition), options, definition.name);
  if (!('webhookSecret' in options) || options.webhookSecret !== undefined) return;
  throw new ArmoxArmaloConfigurationError(
    `${definition.name}.webhookSecret`,
    'is undefined; is its environment variable set? Leave the option out to use the API without webhooks.',
  );
}

/** A source with what its checked options say of it. */
export function configuredSource(
  definition: SourceDefinition,
  options: SourceOptions,
  source: WebhookSource,
  path: string,
): ConfiguredSource {
  const { webhookSecret } = options;
  const { bodyLimit, events } = readOptions(
    sourceOptionRules(definition),
    options,
    definition.name,
  );
  return {
    source,
    path,
    bodyLimit,
    secrets: secretResolver(`${definition.name}.webhookSecret`, webhookSecret),
    receives: webhookSecret !== undefined,
    expected: events,
    accounts: typeof webhookSecret === 'function',
  };
}
