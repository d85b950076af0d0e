import { ConfigurationError } from '../core/index.js';

/**
 * A character that no header may hold would come back in fetch's own error, with the key around it.
 * No prefix is demanded: the services' documents name several.
 * @throws ConfigurationError
 */
export function checkApiKey(apiKey: string, option: string): void {
  if (typeof apiKey === 'string' && /^[\x21-\x7e]+$/.test(apiKey)) return;
  throw new ConfigurationError(
    option,
    'must be the API key: printable ASCII characters without spaces or line breaks.',
  );
}
