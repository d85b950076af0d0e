import type { Provider } from '@nestjs/common';
import { DeliveryAnswers } from './delivery.answers.js';
import { DeliveryRejections } from './delivery.rejections.js';
import { DeliveryVerifier } from './delivery.verifier.js';
import { EventOpener } from './event.opener.js';
import { IngressCounters } from './ingress.counters.js';
import { RawBodyMiddleware } from './raw-body.middleware.js';
import { RawBodyReader } from './raw-body.reader.js';
import { RawBodyRefusals } from './raw-body.refusals.js';
import { RouteTable } from './route.table.js';
import { SharedSecretCheck } from './shared-secret.check.js';
import { WebhookReceiver } from './webhook.receiver.js';
import { WebhookRoutes } from './webhook.routes.js';

/** What the module provides for receiving; SOURCES and Inbox must be there too. */
export const ingressProviders: readonly Provider[] = [
  IngressCounters,
  DeliveryRejections,
  DeliveryVerifier,
  DeliveryAnswers,
  EventOpener,
  RouteTable,
  WebhookRoutes,
  RawBodyReader,
  RawBodyRefusals,
  RawBodyMiddleware,
  SharedSecretCheck,
  WebhookReceiver,
];

/** What signature guards and event pipes in controllers of the application need. */
export const ingressExports = [DeliveryVerifier, EventOpener, IngressCounters, WebhookRoutes];
