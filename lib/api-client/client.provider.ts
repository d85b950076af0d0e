import { Logger, type FactoryProvider } from '@nestjs/common';
import { ArmoxArmaloConfigurationError, sourceOptionsToken } from '../core/index.js';
import type { ApiClientOptions } from './api-client.options.js';

/** What a service's options say about its API. */
export interface ApiOptions {
  /** Key of the service's API; without one its client cannot be used. */
  readonly apiKey?: string | undefined;
  /** Base URL of the API, ending in `/api/v1`. Default: the service's own. */
  readonly baseUrl?: string | undefined;
}

/**
 * The client of a source's API. Without a key it can be injected all the same, as an application that
 * only receives has none; whoever calls it is told what is missing.
 */
export function clientProvider<Client extends object>(
  source: string,
  Client: new (options: ApiClientOptions) => Client,
): FactoryProvider<Client> {
  return {
    provide: Client,
    inject: [sourceOptionsToken(source)],
    useFactory: ({ apiKey, baseUrl }: ApiOptions = {}) => {
      const logger = new Logger(`ArmoxArmaloClient:${source}`);
      if (apiKey !== undefined) return new Client({ apiKey, baseUrl, logger });
      return withoutKey(new Client({ apiKey: 'none', baseUrl }), `${source}.apiKey`);
    },
  };
}

function withoutKey<Client extends object>(client: Client, option: string): Client {
  return new Proxy(client, {
    get(target, key) {
      if (typeof key === 'symbol' || key === 'constructor' || !(key in target)) return undefined;
      throw new ArmoxArmaloConfigurationError(
        option,
        'is needed to call the API, and is not given.',
      );
    },
  });
}
