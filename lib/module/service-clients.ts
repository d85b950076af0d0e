import { Logger, type FactoryProvider } from '@nestjs/common';
import { ArmoxArmaloConfigurationError, RESOLVED_OPTIONS } from '../core/index.js';
import type { ApiClientOptions } from '../api-client/index.js';
import type { ResolvedOptions } from './resolve-options.js';
import { ArmaloClient } from '../sources/armalo/index.js';
import { ArmoxClient } from '../sources/armox/index.js';

type Given = { readonly apiKey?: string | undefined; readonly baseUrl?: string | undefined };

/** The clients of both APIs, made from the options. */
export const clientProviders: FactoryProvider[] = [
  {
    provide: ArmoxClient,
    inject: [RESOLVED_OPTIONS],
    useFactory: ({ armox }: ResolvedOptions) =>
      makeClient('armox', armox?.rawOptions, (options) => new ArmoxClient(options)),
  },
  {
    provide: ArmaloClient,
    inject: [RESOLVED_OPTIONS],
    useFactory: ({ armalo }: ResolvedOptions) =>
      makeClient('armalo', armalo?.rawOptions, (options) => new ArmaloClient(options)),
  },
];

function makeClient<Client extends object>(
  service: string,
  { apiKey, baseUrl }: Given = {},
  make: (options: ApiClientOptions) => Client,
): Client {
  const logger = new Logger(`ArmoxArmaloClient:${service}`);
  if (apiKey !== undefined) return make({ apiKey, baseUrl, logger });
  return withoutKey(make({ apiKey: 'none', baseUrl }), `${service}.apiKey`);
}

/** Can be injected, as an application that only receives has no key; whoever calls it is told what is missing. */
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
