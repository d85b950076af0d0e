import { ArmoxArmaloError } from '../../../core/index.js';
import type { ApiCallOptions } from '../../../api-client/index.js';
import type { ArmaloWebhook, CreateWebhook } from './armalo.api-types.js';
import type { ArmaloClient } from './armalo.client.js';

export interface EnsureWebhookOptions extends CreateWebhook, ApiCallOptions {
  /**
   * Must have stored the secret for good when it resolves: Armalo shows it this once. Never log it.
   */
  readonly store: (secret: string, webhook: ArmaloWebhook) => Promise<void>;
  /** Whether the secret of that registration is at hand. */
  readonly hasSecret: (webhook: ArmaloWebhook) => boolean | Promise<boolean>;
}

export interface EnsuredWebhook {
  readonly webhook: ArmaloWebhook;
  /** False: it was there already. */
  readonly created: boolean;
}

/** Why `ensure` stopped instead of registering anything. */
export type RegistrationProblem =
  'secret-unknown' | 'secret-not-stored' | 'events-differ' | 'inactive' | 'list-incomplete';

/** The webhook at Armalo is not as it should be, and only a person can put it right. */
export class WebhookRegistrationError extends ArmoxArmaloError {
  readonly code = 'ARMOX_ARMALO_WEBHOOK_REGISTRATION';

  constructor(
    readonly problem: RegistrationProblem,
    /** Armalo's id of the registration in question. */
    readonly webhookId: string | undefined,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** Registers this application's webhook at Armalo once. */
export class ArmaloWebhooks {
  private readonly running = new Map<string, Promise<EnsuredWebhook>>();

  constructor(private readonly client: ArmaloClient) {}

  /**
   * Finds the registration for `url`, or makes it and hands its secret to `store` before anything
   * else happens. It never makes a second one for a URL. Replicas that start at the same moment may
   * each find none: let one of them call this.
   * @throws WebhookRegistrationError when there is one that cannot be used as it is
   * @throws ApiPaymentRequiredError, ApiAuthError when the plan has no webhooks: use the poller
   * @throws ApiOutcomeUnknownError when it may be registered and its secret is lost; calling again tells
   */
  ensure(options: EnsureWebhookOptions): Promise<EnsuredWebhook> {
    const url = sameUrl(options.url);
    const running =
      this.running.get(url) ??
      this.findOrCreate(url, options).finally(() => this.running.delete(url));
    this.running.set(url, running);
    return running;
  }

  private async findOrCreate(url: string, options: EnsureWebhookOptions): Promise<EnsuredWebhook> {
    const { items, truncated } = await this.client.webhooks.list(callOptions(options));
    const candidates = items.filter((webhook) => sameUrl(webhook.url) === url);
    const found = await firstUsable(candidates, options);
    if (found) return found;
    if (truncated) {
      throw new WebhookRegistrationError(
        'list-incomplete',
        undefined,
        'Armalo lists more webhooks than were read, so one for this URL may exist, and none was registered. Remove webhooks that are not needed.',
      );
    }
    return { webhook: await this.create(options), created: true };
  }

  private async create(options: EnsureWebhookOptions): Promise<ArmaloWebhook> {
    const { url, events, store } = options;
    const { secret, ...webhook } = await this.client.webhooks.create(
      { url, events },
      callOptions(options),
    );
    try {
      await store(secret, webhook);
    } catch (error) {
      throw new WebhookRegistrationError(
        'secret-not-stored',
        webhook.id,
        `The webhook ${webhook.id} was registered at Armalo, but its secret could not be stored and is lost. Remove it there and try again.`,
        { cause: error },
      );
    }
    return webhook;
  }
}

/**
 * The first of them that delivers what is asked for and whose secret is known; undefined only where
 * there are none.
 */
async function firstUsable(
  candidates: readonly ArmaloWebhook[],
  options: EnsureWebhookOptions,
): Promise<EnsuredWebhook | undefined> {
  let problem: WebhookRegistrationError | undefined;
  for (const webhook of candidates) {
    const found = await problemOf(webhook, options);
    if (!found) return { webhook, created: false };
    problem ??= found;
  }
  if (problem) throw problem;
  return undefined;
}

async function problemOf(
  webhook: ArmaloWebhook,
  { events, hasSecret }: EnsureWebhookOptions,
): Promise<WebhookRegistrationError | undefined> {
  const { id, isActive } = webhook;
  if (!(await hasSecret(webhook))) {
    return new WebhookRegistrationError(
      'secret-unknown',
      id,
      `Armalo has the webhook ${id} for this URL, but its secret, which is shown only once, is not known here. Configure that secret, or remove the webhook at Armalo, so that a new one is registered. No second one was.`,
    );
  }
  if (!isActive) {
    return new WebhookRegistrationError(
      'inactive',
      id,
      `The webhook ${id} is switched off at Armalo. Switch it on there; no second one was registered.`,
    );
  }
  // No document shows the entries of the list: one without events says nothing against it.
  const listed = webhook.events;
  const missing = events.filter((event) => listed.length > 0 && !listed.includes(event));
  if (missing.length === 0) return undefined;
  return new WebhookRegistrationError(
    'events-differ',
    id,
    `The webhook ${id} does not deliver ${missing.join(', ')}. Add them at Armalo, or remove the webhook there, so that a new one is registered. No second one was.`,
  );
}

function callOptions({ signal, timeout, maxWait, priority }: ApiCallOptions): ApiCallOptions {
  return { signal, timeout, maxWait, priority };
}

/** URLs that differ in nothing but writing are one. */
function sameUrl(url: string): string {
  return URL.canParse(url) ? new URL(url).href : url;
}
