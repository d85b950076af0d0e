import {
  ApiError,
  ApiNotSupportedError,
  checkWebhookUrl,
  pathId,
  readObject,
  readText,
} from '../../../api-client/index.js';
import type {
  ApiAnswer,
  ApiCall,
  ApiTransport,
  ApiCallOptions,
} from '../../../api-client/index.js';
import type {
  ArmaloList,
  ArmaloListOptions,
  ArmaloWebhook,
  CreateWebhook,
  CreatedArmaloWebhook,
  UpdateWebhook,
} from './armalo.api-types.js';
import { readPages } from './armalo.pages.js';
import { readWebhook } from './armalo.readers.js';

/** Which of 402 and 403 a Free plan gets is not documented. */
const PLAN_HINT =
  'Webhooks need Armalo’s Pro or Enterprise plan, and a key with the scope webhooks:write. On the Free plan leave the webhook out and let the poller find the events.';

const PLAN_HINTS = { 402: PLAN_HINT, 403: PLAN_HINT };

/** The registrations of Armalo's webhooks, as `ArmaloClient.webhooks`. */
export class ArmaloWebhooksApi {
  constructor(private readonly transport: ApiTransport) {}

  /**
   * Registers a webhook. The secret in the answer is shown this once: store it first. Prefer
   * `ArmaloWebhooks.ensure`, which does so and registers nothing twice.
   * @throws ApiPaymentRequiredError, ApiAuthError when the plan has no webhooks
   * @throws ApiOutcomeUnknownError when it may be registered and its secret is lost
   */
  async create(webhook: CreateWebhook, options?: ApiCallOptions): Promise<CreatedArmaloWebhook> {
    const url = checkWebhookUrl(webhook.url, 'url', this.transport.baseUrl);
    const call: ApiCall = {
      method: 'POST',
      path: '/webhooks',
      body: { url, events: webhook.events },
      hints: PLAN_HINTS,
    };
    const answer = await this.transport.send(call, options);
    const created = readRegistration(answer);
    const secret = readText(created?.['secret']);
    if (!created || secret === undefined) {
      throw answer.unusable(
        'Its body holds no registration with a secret, which is shown only once.',
      );
    }
    return { ...created, secret };
  }

  /** The account's registrations, without their secrets. */
  list(options: ArmaloListOptions = {}): Promise<ArmaloList<ArmaloWebhook>> {
    const listing = {
      path: '/webhooks',
      keys: ['webhooks'],
      query: {},
      read: readWebhook,
      hints: PLAN_HINTS,
    };
    return readPages(this.transport, listing, options);
  }

  /**
   * Changes a registration. UNVERIFIED: no document shows this route.
   * @throws ApiNotSupportedError when Armalo has no such route, or no such registration
   */
  async update(
    id: string,
    changes: UpdateWebhook,
    options?: ApiCallOptions,
  ): Promise<ArmaloWebhook | undefined> {
    const call: ApiCall = {
      method: 'PATCH',
      path: `/webhooks/${pathId(id)}`,
      body: changes,
      repeatable: true,
    };
    return readRegistration(await this.unverified(call, options));
  }

  /**
   * Removes a registration. UNVERIFIED: no document shows this route.
   * @throws ApiNotSupportedError when Armalo has no such route, or no such registration
   */
  async delete(id: string, options?: ApiCallOptions): Promise<void> {
    await this.unverified({ method: 'DELETE', path: `/webhooks/${pathId(id)}` }, options);
  }

  private async unverified(call: ApiCall, options?: ApiCallOptions): Promise<ApiAnswer> {
    try {
      return await this.transport.send(call, options);
    } catch (error) {
      if (!isNoSuchRoute(error)) throw error;
      const { service, request, status, serviceMessage, requestId } = error;
      const hint =
        'Armalo does not offer this operation, which no document shows, or does not know the webhook: use its dashboard.';
      const call = { service, request, status, serviceMessage, requestId, hint };
      throw new ApiNotSupportedError(call, { cause: error });
    }
  }
}

/** A route that is not there may be answered by a page rather than by the service. */
function isNoSuchRoute(error: unknown): error is ApiError {
  return (
    error instanceof ApiError && (error.status === 404 || error instanceof ApiNotSupportedError)
  );
}

function readRegistration(answer: ApiAnswer): ArmaloWebhook | undefined {
  const found = readObject(answer.body, ['webhook'], (body) => readWebhook(body) !== undefined);
  return found && readWebhook(found);
}
