import {
  Controller,
  HttpCode,
  Inject,
  Post,
  Req,
  Res,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
  type Type,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { addDecorators } from './controller.decorators.js';
import { WebhookExceptionFilter } from './delivery-error.filter.js';
import type { IngressRequest } from './ingress.request.js';
import { RawBody } from './raw-body.decorator.js';
import { webhookGuard } from './webhook.guard.js';
import { markWebhookSource } from './webhook-route.metadata.js';
import { WebhookReceiver } from './webhook.receiver.js';

export interface WebhookControllerOptions {
  /** Name of the source, e.g. `armalo`. */
  readonly source: string;
  /** Without global prefix and version, e.g. `/webhooks/armalo`. */
  readonly path: string;
  /** Whether `<path>/:account` is a route too. */
  readonly accounts: boolean;
  /** For the application's own global guards and throttlers: `[Public(), SkipThrottle()]`. */
  readonly decorators?: readonly (ClassDecorator | MethodDecorator)[];
}

/**
 * Makes the built-in controller of a source: a fresh class each time, since a path set on a shared
 * one would be every application's in the process.
 */
export function createWebhookController(options: WebhookControllerOptions): Type {
  @RawBody()
  @UseFilters(WebhookExceptionFilter)
  @Controller({ path: options.path, version: VERSION_NEUTRAL })
  class WebhookController {
    constructor(
      @Inject(WebhookReceiver) private readonly receiver: WebhookReceiver,
      @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    ) {}

    /*
     * `@Req` and `@Res`, since global pipes run on `@Body` and global interceptors on what is
     * returned: neither may change what the sender sees.
     */
    @Post(options.accounts ? ['', ':account'] : '')
    @HttpCode(200)
    @UseGuards(webhookGuard(options.source))
    async receive(@Req() request: IngressRequest, @Res() response: object): Promise<object> {
      const answer = await this.receiver.receive(options.source, request);
      this.host.httpAdapter.reply(response, answer, 200);
      return answer;
    }
  }

  const name = `${options.source.charAt(0).toUpperCase()}${options.source.slice(1)}WebhookController`;
  Object.defineProperty(WebhookController, 'name', { value: name });
  markWebhookSource(WebhookController, options.source);
  addDecorators(WebhookController, 'receive', options.decorators ?? []);
  return WebhookController;
}
