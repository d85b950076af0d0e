import {
  Controller,
  HttpCode,
  Post,
  Res,
  UseFilters,
  UseGuards,
  VERSION_NEUTRAL,
  type Type,
} from '@nestjs/common';
import { addDecorators } from './controller.decorators.js';
import { CaptureRawBody } from '../raw-body/raw-body.decorator.js';
import { webhookFilter } from './webhook.filter.js';
import { webhookGuard } from './webhook.guard.js';
import { markWebhookSource } from '../routes/webhook-route.metadata.js';

export interface WebhookControllerOptions {
  /** Name of the source. */
  readonly source: string;
  /** Without global prefix and version, e.g. `/webhooks/<source>`. */
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
  @CaptureRawBody()
  @Controller({ path: options.path, version: VERSION_NEUTRAL })
  class WebhookController {
    /*
     * The guard has answered already: what interceptors of the application do around this comes too
     * late to change what the sender sees. `@Res` keeps Nest from answering once more.
     */
    @Post(options.accounts ? ['', ':account'] : '')
    @HttpCode(200)
    receive(@Res() response: object): void {
      void response;
    }
  }

  const name = `${options.source.charAt(0).toUpperCase()}${options.source.slice(1)}WebhookController`;
  Object.defineProperty(WebhookController, 'name', { value: name });
  markWebhookSource(WebhookController, options.source);
  // Guards run in this order, and of filters the last one is asked first.
  addDecorators(WebhookController, 'receive', [
    UseFilters(webhookFilter(options.source)),
    UseGuards(webhookGuard(options.source)),
    ...(options.decorators ?? []),
  ]);
  return WebhookController;
}
