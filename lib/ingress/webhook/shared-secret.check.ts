import { randomUUID } from 'node:crypto';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ArmoxArmaloConfigurationError, SOURCES, type ConfiguredSource } from '../../core/index.js';
import { IngressCounters } from '../ingress.counters.js';
import { SecretLookup } from './secret.lookup.js';
import { WebhookRoutes } from '../routes/webhook.routes.js';

/**
 * At boot, asks each function of the account for two accounts that nobody has. One secret for both
 * would open every path to whoever has one signed request, since the path is not signed.
 */
@Injectable()
export class SharedSecretCheck implements OnModuleInit {
  private readonly lookup: SecretLookup;

  constructor(
    @Inject(SOURCES) private readonly sources: readonly ConfiguredSource[],
    private readonly routes: WebhookRoutes,
    counters: IngressCounters,
  ) {
    this.lookup = new SecretLookup(counters);
  }

  /** @throws ArmoxArmaloConfigurationError */
  async onModuleInit(): Promise<void> {
    if (!this.routes.served) return;
    await Promise.all(this.sources.filter(({ accounts }) => accounts).map((s) => this.check(s)));
  }

  private async check(configured: ConfiguredSource): Promise<void> {
    const [first, second] = await Promise.all([
      this.invented(configured),
      this.invented(configured),
    ]);
    if (!first.some((secret) => second.includes(secret))) return;
    throw new ArmoxArmaloConfigurationError(
      `${configured.source.name}.webhookSecret`,
      'the function gives the same secret for two accounts that nobody has. The account in the path is not signed, so ' +
        'whoever has one signed delivery could have it handled once for every path that he makes up. Return `undefined` for ' +
        'accounts that you do not know; or `{ account, secret }`, with the one account that the secret belongs to; or give a text, without account paths.',
    );
  }

  /** The secrets that are given to an account only because a path names it. */
  private async invented(configured: ConfiguredSource): Promise<readonly string[]> {
    const asked = `nobody-${randomUUID()}`;
    try {
      const { account, secrets } = await this.lookup.of(configured, asked);
      return account === asked ? secrets : [];
    } catch {
      // It has been logged; deliveries are answered 503 as long as it does not work.
      return [];
    }
  }
}
