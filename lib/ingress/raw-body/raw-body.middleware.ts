import { Injectable, type OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, type AbstractHttpAdapter } from '@nestjs/core';
import { installOnExpress, type RawBodyDoor } from './express.raw-body.js';
import { installOnFastify } from './fastify.raw-body.js';
import { RawBodyReader } from './raw-body.reader.js';
import { RawBodyRefusals } from './raw-body.refusals.js';
import { WebhookRoutes, type OrderedRoute } from '../routes/webhook.routes.js';

/** Members that Nest 12 has and 11 has not. */
interface NewerAdapter {
  isRouteOrderSensitive?(): boolean;
}
interface NewerConfig {
  getRouteResolutionStrategy?(): string | undefined;
}

/**
 * Keeps the exact bytes of the requests to the webhook routes and to controllers with `@CaptureRawBody()`.
 * It is a provider and installs itself from its constructor, since what a module configures with
 * `consumer.apply` comes after Nest's body parsers on Express, and may not read the stream on Fastify.
 */
@Injectable()
export class RawBodyMiddleware implements OnModuleInit {
  private adapter: AbstractHttpAdapter | undefined;
  private known: readonly OrderedRoute[] | undefined;

  constructor(
    host: HttpAdapterHost,
    private readonly config: ApplicationConfig,
    private readonly webhooks: WebhookRoutes,
    private readonly reader: RawBodyReader,
    private readonly refusals: RawBodyRefusals,
  ) {
    // Under Test.createTestingModule the adapter comes after the providers, still before the parsers.
    if (host.httpAdapter) this.install(host.httpAdapter);
    else host.init$.subscribe(() => this.install(host.httpAdapter));
  }

  /** @throws ArmoxArmaloConfigurationError when routes collide, or take accounts that have no secrets */
  onModuleInit(): void {
    if (this.adapter) this.routes();
  }

  /** Of an application context or a microservice there is no adapter, and Nest announces that as one. */
  private install(adapter: AbstractHttpAdapter | undefined): void {
    if (!adapter) return;
    this.adapter = adapter;
    const door: RawBodyDoor = {
      routes: () => this.routes(),
      read: (request, stream, route) => this.reader.read(request, stream, route),
      refuse: (error, response, route) => this.refusals.answer(error, response, route),
    };
    if (adapter.getType() === 'fastify') installOnFastify(adapter, door);
    else installOnExpress(adapter, door);
  }

  private routes(): readonly OrderedRoute[] {
    if (!this.known) {
      const firstWins = this.firstRouteWins();
      this.webhooks.assertReachable(firstWins);
      this.webhooks.assertAccounts();
      this.known = this.webhooks.inOrder(firstWins);
    }
    return this.known;
  }

  private firstRouteWins(): boolean {
    const orderSensitive =
      (this.adapter as NewerAdapter | undefined)?.isRouteOrderSensitive?.() ??
      this.adapter?.getType() !== 'fastify';
    const strategy = (this.config as NewerConfig).getRouteResolutionStrategy?.();
    return orderSensitive && strategy !== 'specificity';
  }
}
