export { checkSourceOptions, configuredSource } from './configured.source.js';
export type { Made, SourceDefinition } from './source.definition.js';
export { sourceOptionRules } from './source.option-rules.js';
export type {
  SecretAnswer,
  SecretOfAccount,
  SourceOptions,
  WebhookSecret,
} from './source.options.js';
